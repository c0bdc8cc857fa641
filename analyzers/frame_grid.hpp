/// A few thousand evenly spread pixels of a frame: enough for its colours, small enough to hold until it is settled.
#pragma once

#include "core/picture.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace timeloom {

/// (height, width) pixels, row by row, each {Y, Cb, Cr} full range. Owned.
struct frame_grid {
  using pixel = std::array<std::uint8_t, 3>;

  frame_position at;
  color_matrix matrix = color_matrix::bt709;
  int width = 0;
  int height = 0;
  std::vector<pixel> pixels;

  const pixel& of(int x, int y) const {
    return pixels[static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)];
  }
};

/// The pixels at the middles of equal cells, `long_side` of them along the longer side (or every pixel of a smaller
/// picture). `into` is overwritten and its memory used again.
void sample_grid(const small_frame& frame, int long_side, frame_grid& into);

} // namespace timeloom
