/// What background segmentation tells of a video: when a class ("sky", "person") covers much of the picture.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/batch_analyzer.hpp"

#include <memory>
#include <string>
#include <vector>

namespace timeloom {

/// One event of kind "area" for each span in which a class stays large, as soon as it has ended: it starts at the first
/// picture that the class covers to `options.min_share`, and its last picture is the one before the class falls below
/// half of that, so that a share around the limit does not flicker. Label: the name of the class in `labels`, which are
/// in the model's order; shares without a name are ignored, as are those that are no number from 0 to 1. Attributes:
/// `mean_share` and `peak_share` of the pictures in the span.
std::unique_ptr<video_finds> make_area_events(std::vector<std::string> labels,
                                              const background_segmentation_options& options);

} // namespace timeloom
