/// How a track is told.
#pragma once

#include "analyzers/object_tracker.hpp"
#include "analyzers/track_path.hpp"
#include "timeline/event.hpp"

#include <string_view>

namespace timeloom {

/// A span from the first to the last sighting, with the score and the area of the best one and the attribute
/// `sightings`, in how many pictures it was seen. No label.
event track_event(const object_track& track, std::string_view analyzer, std::string_view kind);

/// A list of lists: time in seconds, x, y, width and height; at most track_path::most_points.
attribute path_attribute(const track_path& path);

} // namespace timeloom
