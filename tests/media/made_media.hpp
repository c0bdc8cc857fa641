/// Small media that the tests make with the ffmpeg program, in a folder that goes with the process.
#pragma once

#include "core/picture.hpp"
#include "media/frame_source.hpp"
#include "media/sampled_picture.hpp"

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom::tests {

/// A folder of this process's own, removed at its end.
const std::filesystem::path& scratch();

/// `ffmpeg ARGUMENTS NAME` in the scratch folder, once; the path of what it made. Throws when ffmpeg fails.
std::string made(const std::string& name, const std::string& arguments);

/// A file of these bytes in the scratch folder.
std::string written(const std::string& name, std::string_view bytes);
std::string bytes_of(const std::string& path);

/// The source that the product would read, opened as it does.
expected<std::unique_ptr<frame_source>> opened(const std::string& path, const source_options& options = {.threads = 1});

/// A small picture that owns its planes.
struct kept_picture {
  plane luma, cb, cr;
  color_matrix matrix = color_matrix::bt709;

  /// Mean of the luma in the box [x0, x1) x [y0, y1), in parts of the picture.
  double luma_in(double x0, double y0, double x1, double y1) const;
};

/// A sampled picture that owns its pixels.
struct kept_sample {
  picture_size size;
  std::vector<std::uint8_t> pixels;

  /// Mean of each channel in the box [x0, x1) x [y0, y1), in parts of the picture; one channel for gray8.
  std::array<double, 3> mean_in(double x0, double y0, double x1, double y1) const;
};

/// All of a file: what `next` and `finish` gave.
struct decoded_file {
  std::vector<media_time> times;
  std::vector<kept_picture> pictures; ///< reduced to at most 480
  std::vector<kept_sample> samples;   ///< bgr24, at most 640
  media_facts facts;
};
decoded_file decoded(const std::string& path);

/// The words of the error with which `path` is refused, or "" when it is read.
std::string refusal(const std::string& path);

kept_picture reduced(const decoded_frame& frame, int long_side_px = 480);
kept_sample sampled(const decoded_frame& frame, sample_shape shape);

std::vector<double> in_milliseconds(const std::vector<media_time>& times);

} // namespace timeloom::tests
