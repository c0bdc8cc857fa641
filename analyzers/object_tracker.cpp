#include "analyzers/object_tracker.hpp"

#include "analyzers/suppression.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

constexpr double rounding = 1e-6;
constexpr double least_overlap = 0.2;      // of a box with its expected place, in the first pass
constexpr double least_weak_overlap = 0.3; // in the second: weak boxes are often nothing
constexpr double least_size_ratio = 0.4;   // of the areas, when the boxes do not overlap
constexpr double speed_gain = 0.5;         // how much of the newest speed is taken over

// How far from its expected place a thing may be found, in its own widths and heights: a walking person does nearly
// three widths a second.
double reach_after(double seconds) {
  return std::min(0.5 + 2 * seconds, 2.5);
}

bool is_usable(const seen_object& seen) {
  const auto& [x, y, width, height] = seen.area;
  return width > 0 && height > 0 && x >= -rounding && y >= -rounding && x + width <= 1 + rounding &&
         y + height <= 1 + rounding && seen.score >= 0 && seen.score <= 1; // false with any NaN
}

double center_x(const box& of) {
  return of.x + of.width / 2;
}

double center_y(const box& of) {
  return of.y + of.height / 2;
}

// How near to its expected place, 1 to 0, or less when it is out of reach or of another size.
double nearness(const box& expected, const box& seen, double reach) {
  const double expected_size = expected.width * expected.height;
  const double seen_size = seen.width * seen.height;
  if (std::min(expected_size, seen_size) < least_size_ratio * std::max(expected_size, seen_size))
    return -1;
  const double right = 2 * (center_x(seen) - center_x(expected)) / (expected.width + seen.width);
  const double down = 2 * (center_y(seen) - center_y(expected)) / (expected.height + seen.height);
  return 1 - std::hypot(right, down) / reach;
}

struct pairing {
  double similarity;
  std::size_t track;
  std::size_t seen;
};

} // namespace

tracker_options tracker_options_for(double rate_hz, double min_score) {
  tracker_options options;
  options.begin_score = min_score;
  options.continue_score = continuing_share * min_score;
  options.max_gap_s = std::max(options.max_gap_s, 2.5 / rate_hz);
  return options;
}

std::vector<std::int64_t> object_tracker::see(frame_position at, std::span<const seen_object> objects) {
  const auto gone = std::stable_partition(open_.begin(), open_.end(), [&](const open_track& track) {
    return to_seconds(at.time - track.story.last.time) <= options_.max_gap_s;
  });
  std::for_each(gone, open_.end(), [&](open_track& track) { close(track); });
  open_.erase(gone, open_.end());

  std::vector<std::int64_t> numbers(objects.size());
  std::vector<candidate> strong;
  std::vector<candidate> weak;
  for (std::size_t i = 0; i < objects.size(); ++i) {
    const auto& seen = objects[i];
    if (!is_usable(seen) || seen.score < options_.continue_score)
      continue;
    (seen.score >= options_.begin_score ? strong : weak).push_back({&seen, &numbers[i]});
  }
  match(at, strong, true);
  match(at, weak, false);
  for (const auto& one : strong) {
    if (*one.number == 0)
      *one.number = begin(at, *one.seen);
  }
  return numbers;
}

box object_tracker::expected_area(const open_track& track, media_time at) {
  const double seconds = to_seconds(at - track.story.last.time);
  box expected = track.area;
  expected.x += track.right_per_s * seconds;
  expected.y += track.down_per_s * seconds;
  return expected;
}

std::vector<expected_place> object_tracker::places(media_time at) const {
  std::vector<expected_place> places;
  for (const auto& track : open_) {
    if (to_seconds(at - track.story.last.time) > options_.max_gap_s)
      continue;
    const auto area = expected_area(track, at);
    const double left = std::clamp(area.x, 0.0, 1.0);
    const double top = std::clamp(area.y, 0.0, 1.0);
    const double right = std::clamp(area.x + area.width, 0.0, 1.0);
    const double bottom = std::clamp(area.y + area.height, 0.0, 1.0);
    places.push_back({track.story.number, track.story.label, {left, top, right - left, bottom - top}});
  }
  return places;
}

void object_tracker::match(frame_position at, std::vector<candidate>& boxes, bool by_distance) {
  std::vector<pairing> pairings;
  for (std::size_t t = 0; t < open_.size(); ++t) {
    const auto& track = open_[t];
    if (track.story.last.index == at.index) // taken in the first pass
      continue;
    const double seconds = to_seconds(at.time - track.story.last.time);
    const auto expected = expected_area(track, at.time);
    for (std::size_t s = 0; s < boxes.size(); ++s) {
      if (boxes[s].seen->label != track.story.label)
        continue;
      const auto& area = boxes[s].seen->area;
      const double overlap = intersection_over_union(expected, area);
      if (overlap >= (by_distance ? least_overlap : least_weak_overlap)) {
        pairings.push_back({1 + overlap, t, s}); // before any without overlap
      } else if (by_distance) {
        if (const double near = nearness(expected, area, reach_after(seconds)); near > 0)
          pairings.push_back({near, t, s});
      }
    }
  }
  std::stable_sort(pairings.begin(), pairings.end(),
                   [](const pairing& a, const pairing& b) { return a.similarity > b.similarity; });
  for (const auto& [similarity, t, s] : pairings) {
    if (*boxes[s].number != 0 || open_[t].story.last.index == at.index)
      continue;
    *boxes[s].number = open_[t].story.number;
    go_on(open_[t], at, *boxes[s].seen);
  }
}

std::int64_t object_tracker::begin(frame_position at, const seen_object& seen) {
  open_track track;
  track.story.number = next_number_++;
  track.story.label = seen.label;
  track.story.first = at;
  count(track, at, seen);
  open_.push_back(std::move(track));
  return open_.back().story.number;
}

void object_tracker::go_on(open_track& track, frame_position at, const seen_object& seen) {
  const double seconds = to_seconds(at.time - track.story.last.time);
  if (seconds > 0) {
    const double gain = track.story.sightings == 1 ? 1 : speed_gain;
    const double right_per_s = (center_x(seen.area) - center_x(track.area)) / seconds;
    const double down_per_s = (center_y(seen.area) - center_y(track.area)) / seconds;
    track.right_per_s += gain * (right_per_s - track.right_per_s);
    track.down_per_s += gain * (down_per_s - track.down_per_s);
  }
  count(track, at, seen);
}

void object_tracker::count(open_track& track, frame_position at, const seen_object& seen) {
  auto& story = track.story;
  track.area = seen.area;
  story.last = at;
  ++story.sightings;
  story.path.add({at.time, seen.area});
  if (story.sightings == 1 || seen.score > story.best.score)
    story.best = seen;
  if (!track.id && (story.sightings >= options_.least_sightings || seen.score >= options_.sure_score))
    track.id = next_id_++;
}

void object_tracker::close(open_track& track) {
  if (!track.id)
    return;
  track.story.id = *track.id;
  ended_.push_back(std::move(track.story));
}

void object_tracker::end(std::int64_t number) {
  const auto gone =
      std::find_if(open_.begin(), open_.end(), [&](const open_track& track) { return track.story.number == number; });
  if (gone == open_.end())
    return;
  close(*gone);
  open_.erase(gone);
}

void object_tracker::finish() {
  for (auto& track : open_)
    close(track);
  open_.clear();
}

} // namespace timeloom
