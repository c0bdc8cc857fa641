#include "analyzers/track_event.hpp"

namespace timeloom {

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

} // namespace timeloom
