#include "analyzers/sampled_analyzer.hpp"

namespace timeloom {

sample_demand demand_of(std::string_view id, const analyzer_options& options) {
  if (id == "text_overlay")
    return {options.text_overlay.rate_hz, {1920, sample_format::gray8}};
  // Models take their pictures in their own size; this is the one that the common ones have.
  constexpr sample_shape for_models{640, sample_format::bgr24};
  if (id == "object_detection")
    return {options.object_detection.rate_hz, for_models};
  if (id == "body_pose")
    return {options.body_pose.rate_hz, for_models};
  if (id == "background_segmentation")
    return {options.background_segmentation.rate_hz, for_models};
  return {};
}

} // namespace timeloom
