/// Networks for tests, written as TorchScript: small, and what they find is easy to work out by hand.
#pragma once

#include <cstdint>
#include <string>

namespace timeloom::tests {

/// The path of a file `name` in a folder of this process, which is gone with it.
std::string toy_path(const std::string& name);

/// YOLOv8's layout with one class and 16 boxes: the cells of a 4 x 4 grid over an input of `side` pixels, each with its
/// mean brightness as its score, (N, 5, 16). `ballast` bytes of weights are in it besides.
void write_brightness_detector(const std::string& path, int side, std::int64_t ballast = 0);

/// As the detector; fails with "too bright" for a batch with a picture of mean brightness above 0.95.
void write_shy_detector(const std::string& path, int side);

/// As the detector; runs out of memory, in the allocator's words, for more than `most` pictures.
void write_hungry_detector(const std::string& path, int side, int most);

/// SegFormer's layout: logits of the classes red, green and blue, (N, 3, rows / 4, columns / 4).
void write_colour_classes(const std::string& path);

} // namespace timeloom::tests
