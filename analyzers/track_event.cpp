#include "analyzers/track_event.hpp"

#include <cmath>

namespace timeloom {

namespace {

// Milliseconds, and less than half a pixel of most videos: a path is for looking at, and long otherwise.
attribute rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

} // namespace

event track_event(const object_track& track, std::string_view analyzer, std::string_view kind) {
  event found;
  found.analyzer = analyzer;
  found.kind = kind;
  found.start = track.first;
  found.end = track.last;
  found.score = track.best.score;
  found.area = track.best.area;
  found.track = track.id;
  found.attributes = {{"sightings", track.sightings}};
  return found;
}

attribute path_attribute(const track_path& path) {
  attribute::list points;
  for (const auto& [time, area] : path.points())
    points.push_back(attribute::list{rounded(to_seconds(time), 1e3), rounded(area.x, 1e4), rounded(area.y, 1e4),
                                     rounded(area.width, 1e4), rounded(area.height, 1e4)});
  return points;
}

} // namespace timeloom
