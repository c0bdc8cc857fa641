#include "analyzers/sampled_analyzer.hpp"

#include "analyzers/moving_regions.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

expected<void> check(const sampled_frame& frame, sample_format format) {
  const auto pixels = static_cast<std::size_t>(frame.size.width) * static_cast<std::size_t>(frame.size.height);
  if (frame.format == format && frame.pixels.size() == pixels * static_cast<std::size_t>(bytes_per_pixel(format)) &&
      pixels > 0)
    return {};
  return fail(errc::invalid_argument, "a picture of {}x{} in {} has {} bytes; expected one in {}", frame.size.width,
              frame.size.height, to_string(frame.format), frame.pixels.size(), to_string(format));
}

} // namespace

expected<void> copy_luma(const sampled_frame& frame, plane& luma) {
  if (auto right = check(frame, sample_format::gray8); !right)
    return right;
  luma.resize(frame.size.width, frame.size.height);
  std::copy(frame.pixels.begin(), frame.pixels.end(), luma.row(0));
  return {};
}

expected<bgr_view> copy_colors(const sampled_frame& frame, std::vector<std::uint8_t>& bgr) {
  if (auto right = check(frame, sample_format::bgr24); !right)
    return tl::unexpected{right.error()};
  bgr.assign(frame.pixels.begin(), frame.pixels.end());
  return bgr_view{bgr.data(), frame.size.width, frame.size.height};
}

sample_demand demand_of(std::string_view id, analyzer_site site, const analyzer_options& options) {
  if (id == "text_overlay")
    return {options.text_overlay.rate_hz, {1920, sample_format::bgr24}};
  // One shape, so that pictures that both look at are scaled once.
  constexpr sample_shape for_detectors{960, sample_format::gray8};
  if (id == "eye_tracking")
    return {options.eye_tracking.rate_hz, for_detectors};
  if (id == "object_detection" && site == analyzer_site::sampled)
    return {options.object_detection.rate_hz, for_detectors};
  // Models take their pictures in their own size; this is the one that the common ones have.
  constexpr sample_shape for_models{640, sample_format::bgr24};
  if (id == "object_detection")
    return {options.object_detection.rate_hz, for_models};
  if (id == "body_pose")
    return {options.body_pose.rate_hz, for_models};
  if (id == "background_segmentation" && site == analyzer_site::sampled)
    return {options.background_segmentation.rate_hz, moving_regions_shape};
  if (id == "background_segmentation")
    return {options.background_segmentation.rate_hz, for_models};
  if (id == "scene_caption") { // all that a square of so many tiles shows
    constexpr int tile_px = 448;
    const int side = static_cast<int>(std::ceil(std::sqrt(options.scene_caption.max_tiles)));
    return {0, {tile_px * side, sample_format::bgr24}};
  }
  return {};
}

} // namespace timeloom
