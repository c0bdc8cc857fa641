/// What object detection tells of a video: each thing once, with where it was while it was seen.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/batch_analyzer.hpp"

#include <memory>
#include <string>
#include <vector>

namespace timeloom {

/// One event of kind "object" for each track (track_event.hpp), as soon as it has ended. Its label is the name of its
/// class in `labels`, which are in the model's order; objects whose label has no name are ignored. Attributes:
/// `sightings`, and `path`: at most track_path::most_points lists of time in seconds, x, y, width and height.
std::unique_ptr<video_finds> make_object_events(std::vector<std::string> labels,
                                                const object_detection_options& options);

} // namespace timeloom
