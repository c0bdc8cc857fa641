#include "analyzers/people_events.hpp"

#include "analyzers/suppression.hpp"
#include "analyzers/track_event.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace timeloom {

namespace {

constexpr std::int64_t least_sightings = 3;
constexpr std::int64_t least_moves = 2; // sightings
constexpr double least_moves_per_s = 0.6;
constexpr std::int64_t side_by_side = 3;                   // pictures, in which two are two
constexpr double newest_share = 0.3;                       // of a typical score
constexpr double same_person = 0.6;                        // the area that both cover, of the smaller one's
constexpr double part_share = 0.4;                         // in area, of who it is a part of, at most
constexpr media_time part_reach = std::chrono::seconds{2}; // in which nobody grows that much

tracker_options people_tracking(const object_detection_options& options) {
  auto tracking = tracker_options_for(options.rate_hz, options.min_score);
  tracking.least_sightings = 1; // they are counted here, over all tracks of a person
  return tracking;
}

/// Whether `one` shows a part of who is at `other`, or the same worse.
bool is_part(const path_point& one, const path_point& other) {
  const double size = one.area.width * one.area.height;
  const double whole = other.area.width * other.area.height;
  if (one.time == other.time)
    return size <= whole;
  return std::chrono::abs(one.time - other.time) <= part_reach && size < part_share * whole &&
         covered_share(one.area, other.area) >= same_person;
}

/// Where somebody was, without the sightings of parts, which would have them jump; in a long path, only where two are
/// still beside each other.
track_path without_parts(const track_path& path) {
  auto points = path.points();
  for (std::size_t i = 0; i + 1 < points.size();) {
    const bool first_is = is_part(points[i], points[i + 1]);
    if (!first_is && !is_part(points[i + 1], points[i])) {
      ++i;
      continue;
    }
    points.erase(points.begin() + static_cast<std::ptrdiff_t>(first_is ? i : i + 1));
    i -= i > 0 ? 1 : 0; // what is beside each other now
  }
  track_path whole;
  for (const auto& point : points)
    whole.add(point);
  return whole;
}

} // namespace

double person_appearance::similarity(const person_appearance& other) const {
  const double count = static_cast<double>(luma.size());
  const auto mean = [&](const auto& of) { return std::accumulate(of.begin(), of.end(), 0.0) / count; };
  const double mine = mean(luma);
  const double others = mean(other.luma);
  double together = 0;
  double alone = 0;
  double other_alone = 0;
  for (std::size_t i = 0; i < luma.size(); ++i) {
    const double a = luma[i] - mine;
    const double b = other.luma[i] - others;
    together += a * b;
    alone += a * a;
    other_alone += b * b;
  }
  const double size = std::sqrt(alone * other_alone);
  return size > 0 ? together / size : 0;
}

people_events::people_events(const object_detection_options& options)
    : min_score_(options.min_score), tracker_(people_tracking(options)) {}

void people_events::see(frame_position at, std::span<const person_sighting> people) {
  std::vector<seen_object> objects;
  for (const auto& seen : people)
    objects.push_back({0, seen.score, seen.area, {}});
  const auto numbers = tracker_.see(at, objects);
  seen_until_ = at;
  for (std::size_t i = 0; i < people.size(); ++i)
    if (const auto known = story_of_.find(numbers[i]); known != story_of_.end())
      add(known->second, at, people[i]);
  // Those who go on without a new track are seen now, and cannot be gone on with.
  for (std::size_t i = 0; i < people.size(); ++i) {
    if (numbers[i] == 0 || story_of_.contains(numbers[i]))
      continue;
    const auto earlier = story_before(at, people[i]);
    const auto whose = earlier != 0 ? earlier : numbers[i];
    story_of_[numbers[i]] = whose;
    add(whose, at, people[i]);
  }
  std::set<std::int64_t> seen_now;
  for (const auto number : numbers)
    if (number != 0)
      seen_now.insert(story_of_.at(number));
  for (const auto one : seen_now)
    for (const auto other : seen_now)
      if (one != other)
        ++stories_.at(one).beside[other];
  join_parts(at);
}

void people_events::add(std::int64_t number, frame_position at, const person_sighting& seen) {
  auto& known = stories_[number];
  auto& told = known.told;
  known.typical_score += (told.sightings == 0 ? 1 : newest_share) * (seen.score - known.typical_score);
  known.sum_of_scores += seen.score;
  known.moves += seen.moved && told.sightings > 0 ? 1 : 0;
  known.last = seen;
  if (told.sightings++ == 0) {
    told.number = number;
    told.first = at;
  }
  told.last = at;
  if (seen.score > told.best.score)
    told.best = {0, seen.score, seen.area, {}};
  told.path.add({at.time, seen.area});
}

// Those who are not seen now where somebody else is seen were a part of them, or they of a part.
void people_events::join_parts(frame_position at) {
  std::set<std::int64_t> open;
  for (const auto& place : tracker_.places(at.time))
    if (const auto found = story_of_.find(place.number); found != story_of_.end())
      open.insert(found->second);
  for (const auto lost : open) {
    const auto found = stories_.find(lost);
    if (found == stories_.end() || found->second.told.last == at)
      continue;
    const auto whole = story_over(at, found->second);
    if (whole == 0)
      continue;
    join(stories_.at(whole), found->second);
    for (auto& [track, whose] : story_of_)
      if (whose == lost) {
        tracker_.end(track);
        whose = whole;
      }
    stories_.erase(found);
  }
}

// The story of somebody who was seen lately, but not in this picture, where `seen` is now.
std::int64_t people_events::story_before(frame_position at, const person_sighting& seen) const {
  std::int64_t best = 0;
  double most = same_person;
  for (const auto& place : tracker_.places(at.time)) {
    const auto whose = story_of_.find(place.number);
    if (whose == story_of_.end() || stories_.at(whose->second).told.last == at)
      continue;
    if (const double covered = covered_share(stories_.at(whose->second).last.area, seen.area); covered >= most) {
      most = covered;
      best = whose->second;
    }
  }
  return best;
}

// The story of somebody who is seen in this picture where `lost` was last, and was hardly ever seen beside them.
std::int64_t people_events::story_over(frame_position at, const story& lost) const {
  std::int64_t best = 0;
  double most = same_person;
  for (const auto& [number, known] : stories_) {
    if (known.told.last != at)
      continue;
    const auto together = lost.beside.find(number);
    if (together != lost.beside.end() && together->second >= side_by_side)
      continue;
    if (const double covered = covered_share(known.last.area, lost.last.area); covered >= most) {
      most = covered;
      best = number;
    }
  }
  return best;
}

void people_events::join(story& into, const story& other) {
  const bool is_later = into.told.first.index > other.told.first.index;
  into.told.first = std::min(into.told.first, other.told.first);
  into.told.sightings += other.told.sightings;
  into.sum_of_scores += other.sum_of_scores;
  into.moves += other.moves + (is_later ? 1 : 0); // its first sighting was none of theirs
  for (const auto& [number, pictures] : other.beside)
    into.beside[number] += pictures;
  if (other.told.best.score > into.told.best.score)
    into.told.best = other.told.best;
  auto points = other.told.path.points();
  const auto more = into.told.path.points();
  points.insert(points.end(), more.begin(), more.end());
  std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
  into.told.path = {};
  for (const auto& point : points)
    into.told.path.add(point);
}

std::vector<people_events::followed_person> people_events::followed(media_time at) const {
  std::vector<followed_person> people;
  for (const auto& place : tracker_.places(at)) {
    const auto& known = stories_.at(story_of_.at(place.number));
    people.push_back({place.number, place.area, known.last, known.told.last == seen_until_, known.typical_score});
  }
  return people;
}

void people_events::finish() {
  tracker_.finish();
}

bool people_events::counts(const story& of) const {
  const auto sightings = static_cast<double>(of.told.sightings);
  const double seconds = to_seconds(of.told.last.time - of.told.first.time);
  return of.told.sightings >= least_sightings && of.moves >= least_moves &&
         static_cast<double>(of.moves) >= least_moves_per_s * seconds && of.sum_of_scores >= min_score_ * sightings;
}

std::vector<event> people_events::take_events() {
  tracker_.take_ended();
  std::map<std::int64_t, std::int64_t> still_open;
  std::set<std::int64_t> going_on;
  for (const auto& place : tracker_.places(seen_until_.time)) {
    const auto whose = story_of_.at(place.number);
    still_open[place.number] = whose;
    going_on.insert(whose);
  }
  story_of_ = std::move(still_open);
  std::vector<event> events;
  for (auto one = stories_.begin(); one != stories_.end();) {
    if (going_on.contains(one->first)) {
      ++one;
      continue;
    }
    auto& known = one->second;
    if (counts(known)) {
      known.told.id = next_id_++;
      events.push_back(track_event(known.told, "object_detection", "object"));
      events.back().label = "person";
      events.back().attributes.emplace_back("path", path_attribute(without_parts(known.told.path)));
    }
    one = stories_.erase(one);
  }
  return events;
}

} // namespace timeloom
