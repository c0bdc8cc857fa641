#include "analyzers/face_events.hpp"

#include "analyzers/track_event.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>

namespace timeloom {

namespace {

constexpr double longest_blink_s = 0.6; // after which eyes are closed; most blinks last 0.1 to 0.4 s
constexpr double longest_gap_s = 1;     // in which a face may not be seen
constexpr int least_sightings = 3;
constexpr double never_sure = 2;        // no score is enough to count without them
constexpr std::int64_t least_known = 4; // sightings of eyes, to say something of all

tracker_options face_tracking(const eye_tracking_options& options) {
  return {.begin_score = options.min_score,
          .continue_score = continuing_share * options.min_score,
          .sure_score = never_sure,
          .least_sightings = least_sightings,
          .max_gap_s = std::max(longest_gap_s, 2.5 / options.rate_hz)};
}

double share(std::int64_t part, std::int64_t whole) {
  return std::round(100.0 * static_cast<double>(part) / static_cast<double>(whole)) / 100;
}

event eye_event(std::string_view kind, const eye_span& span, const object_track& face) {
  event found;
  found.analyzer = "eye_tracking";
  found.kind = kind;
  found.start = span.first;
  found.end = span.last;
  found.track = face.id;
  return found;
}

} // namespace

face_events::face_events(const eye_tracking_options& options) : tracker_(face_tracking(options)) {}

void face_events::see(frame_position at, std::span<const face_sighting> faces) {
  std::vector<seen_object> objects;
  for (const auto& [face, eyes] : faces)
    objects.push_back({0, face.score, face.area, {}});
  const auto numbers = tracker_.see(at, objects);
  seen_until_ = at;
  for (std::size_t i = 0; i < faces.size(); ++i) {
    if (numbers[i] == 0)
      continue;
    auto& [last, last_at, eyes, views] = stories_[numbers[i]];
    last = faces[i];
    last_at = at;
    eyes.see(at, faces[i].eyes);
    ++views[static_cast<std::size_t>(faces[i].face.view)];
  }
}

std::vector<face_events::followed_face> face_events::followed(media_time at) const {
  std::vector<followed_face> faces;
  for (const auto& place : tracker_.places(at)) {
    const auto& known = stories_.at(place.number);
    faces.push_back({place.area, known.last, known.last_at == seen_until_});
  }
  return faces;
}

void face_events::finish() {
  tracker_.finish();
}

std::vector<event> face_events::take_events() {
  std::vector<event> events;
  for (const auto& track : tracker_.take_ended())
    tell(track, events);
  std::set<std::int64_t> open;
  for (const auto& place : tracker_.places(seen_until_.time))
    open.insert(place.number);
  std::erase_if(stories_, [&](const auto& one) { return !open.contains(one.first); }); // those that never counted
  return events;
}

void face_events::tell(const object_track& track, std::vector<event>& events) {
  auto& [last, last_at, eyes, views] = stories_.at(track.number);
  eyes.finish();
  auto face = track_event(track, "eye_tracking", "face");
  face.attributes.emplace_back("path", path_attribute(track.path));
  attribute::object seen_from;
  for (std::size_t view = 0; view < views.size(); ++view)
    if (views[view] > 0)
      seen_from.emplace_back(to_string(static_cast<face_view>(view)), share(views[view], track.sightings));
  face.attributes.emplace_back("views", std::move(seen_from));
  const auto closings = eyes.closings();
  std::int64_t blinks = 0;
  std::vector<event> of_eyes;
  for (const auto& span : closings) {
    const bool is_blink = to_seconds(span.last.time - span.first.time) <= longest_blink_s;
    blinks += is_blink ? 1 : 0;
    of_eyes.push_back(eye_event(is_blink ? "blink" : "eyes_closed", span, track));
    of_eyes.back().score = share(static_cast<std::int64_t>(std::lround(100 * eyes.reliability())), 100);
  }
  for (const auto& span : eyes.gazes()) {
    of_eyes.push_back(eye_event("gaze", span, track));
    of_eyes.back().label = to_string(span.direction);
    of_eyes.back().attributes.emplace_back("sightings", span.sightings);
  }
  if (eyes.known() >= least_known) {
    face.attributes.emplace_back("eyes_open", share(eyes.open(), eyes.known()));
    if (eyes.is_reliable())
      face.attributes.emplace_back("blinks", blinks);
  }
  events.push_back(std::move(face));
  std::move(of_eyes.begin(), of_eyes.end(), std::back_inserter(events));
}

} // namespace timeloom
