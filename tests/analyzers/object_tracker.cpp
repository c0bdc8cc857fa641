#include "analyzers/object_tracker.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <limits>

using namespace timeloom;

namespace {

frame_position at(double seconds) {
  return {std::llround(seconds * 1000), from_seconds(seconds)};
}

// 0.1 wide and 0.3 high unless told, its left edge at `x`.
seen_object thing(double x, double score = 0.6, int label = 0, double width = 0.1) {
  return {label, score, {x, 0.4, width, 0.3}, {}};
}

void see(object_tracker& tracker, double seconds, const std::vector<seen_object>& objects) {
  tracker.see(at(seconds), objects);
}

// All tracks, by their numbers.
std::vector<object_track> tracks_of(object_tracker& tracker) {
  tracker.finish();
  auto tracks = tracker.take_ended();
  std::sort(tracks.begin(), tracks.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return tracks;
}

double last_x(const object_track& track) {
  return track.path.points().back().area.x;
}

} // namespace

TEST_CASE("a thing that stays is one track") {
  object_tracker tracker;
  see(tracker, 0, {thing(0.2, 0.5)});
  see(tracker, 0.3, {thing(0.21, 0.8)});
  see(tracker, 0.6, {thing(0.2, 0.6)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].id == 1);
  CHECK(tracks[0].first == at(0));
  CHECK(tracks[0].last == at(0.6));
  CHECK(tracks[0].sightings == 3);
  CHECK(tracks[0].best == thing(0.21, 0.8));
}

TEST_CASE("things that cross keep their numbers, even if one hides the other meanwhile") {
  const bool hidden = GENERATE(false, true);
  CAPTURE(hidden);
  object_tracker tracker;
  for (int i = 0; i < 15; ++i) {
    std::vector<seen_object> objects{thing(0.1 + 0.05 * i)};
    if (!hidden || i < 6 || i > 8)
      objects.push_back(thing(0.8 - 0.05 * i));
    if (i % 2 == 1)
      std::reverse(objects.begin(), objects.end());
    see(tracker, i / 3.0, objects);
  }
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(last_x(tracks[0]) == Approx(0.8));
  CHECK(last_x(tracks[1]) == Approx(0.1));
  CHECK(tracks[0].sightings == 15);
  CHECK(tracks[1].sightings == (hidden ? 12 : 15));
}

TEST_CASE("a gap up to the limit is bridged, a longer one starts a new number") {
  object_tracker tracker({.max_gap_s = 2});
  see(tracker, 0, {thing(0.2)});
  see(tracker, 0.5, {thing(0.2)});
  see(tracker, 1.5, {});
  see(tracker, 2.5, {thing(0.2)}); // 2 s after it was seen
  see(tracker, 3, {thing(0.2)});
  CHECK(tracker.take_ended().empty());
  see(tracker, 5.1, {thing(0.2)}); // 2.1 s
  CHECK(tracker.take_ended().size() == 1);
  see(tracker, 5.5, {thing(0.2)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].id == 2);
  CHECK(tracks[0].first == at(5.1));
}

TEST_CASE("a track ends when the limit has passed, whether or not anything is seen") {
  object_tracker tracker({.max_gap_s = 2});
  see(tracker, 0, {thing(0.2)});
  see(tracker, 1, {thing(0.2)});
  see(tracker, 3, {});
  CHECK(tracker.take_ended().empty());
  see(tracker, 3.5, {});
  const auto ended = tracker.take_ended();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].last == at(1));
  CHECK(tracks_of(tracker).empty());
}

TEST_CASE("labels do not mix") {
  object_tracker tracker;
  for (int i = 0; i < 4; ++i)
    see(tracker, i / 3.0, {thing(0.2, 0.6, i % 2)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(tracks[0].label == 0);
  CHECK(tracks[0].sightings == 2);
  CHECK(tracks[1].label == 1);
  CHECK(tracks[1].sightings == 2);
}

TEST_CASE("a thing is expected where its speed takes it in the time that passed, not in the pictures") {
  // 0.05 wide at 0.2/s. In the gap of 1.5 s it goes 6 widths, and something else comes to where it was.
  object_tracker tracker;
  for (const double seconds : {0.0, 0.2, 0.4})
    see(tracker, seconds, {thing(0.2 * seconds, 0.6, 0, 0.05)});
  for (const double seconds : {1.9, 2.1})
    see(tracker, seconds, {thing(0.08, 0.6, 0, 0.05), thing(0.2 * seconds, 0.6, 0, 0.05)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(tracks[0].sightings == 5);
  CHECK(last_x(tracks[0]) == Approx(0.42));
  CHECK(tracks[1].sightings == 2);
  CHECK(tracks[1].first == at(1.9));
}

TEST_CASE("pictures may be far apart: boxes without overlap match within reach, of like size") {
  const auto [x, width, joined] = GENERATE(table<double, double, bool>({
      {0.25, 0.1, true},  // 1.5 widths in a second
      {0.5, 0.1, false},  // 4 widths
      {0.25, 0.03, false} // another size
  }));
  CAPTURE(x, width);
  object_tracker tracker;
  see(tracker, 0, {thing(0.1)});
  see(tracker, 1, {thing(x, 0.6, 0, width)});
  CHECK(tracks_of(tracker).size() == (joined ? 1 : 0));
}

TEST_CASE("the most similar pair is matched first, whatever the order") {
  object_tracker tracker;
  const bool turned = GENERATE(false, true);
  std::vector<seen_object> later{thing(0.3), thing(0.37)}; // 0.3 is nearer to 0.35 too, which is the other's
  if (turned)
    std::reverse(later.begin(), later.end());
  see(tracker, 0, {thing(0.2), thing(0.35)});
  see(tracker, 0.3, later);
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(tracks[0].path.points()[0].area.x == 0.35);
  CHECK(last_x(tracks[0]) == 0.37);
  CHECK(tracks[1].path.points()[0].area.x == 0.2);
  CHECK(last_x(tracks[1]) == 0.3);
}

TEST_CASE("one sighting is a track only if it is sure") {
  object_tracker tracker({.sure_score = 0.7});
  see(tracker, 0, {thing(0.1, 0.69), thing(0.8, 0.7)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].best.area.x == 0.8);
  CHECK(tracks[0].first == tracks[0].last);
}

TEST_CASE("numbers are not spent on what was seen once") {
  object_tracker tracker;
  see(tracker, 0, {thing(0.1, 0.4)});
  see(tracker, 5, {thing(0.5), thing(0.8)});
  see(tracker, 5.3, {thing(0.5), thing(0.8)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(tracks[0].id == 1);
  CHECK(tracks[1].id == 2);
}

TEST_CASE("weak boxes continue tracks and begin none") {
  const tracker_options options{.begin_score = 0.5, .continue_score = 0.2};
  object_tracker tracker(options);
  see(tracker, 0, {thing(0.1, 0.6), thing(0.8, 0.4)});
  see(tracker, 0.3, {thing(0.1, 0.2), thing(0.8, 0.4)});
  see(tracker, 0.6, {thing(0.1, 0.19), thing(0.8, 0.4)}); // weaker than any
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].best.area.x == 0.1);
  CHECK(tracks[0].sightings == 2);
  CHECK(tracks[0].last == at(0.3));
}

TEST_CASE("a weak box gets what the strong ones leave, and only by overlap") {
  const tracker_options options{.begin_score = 0.5, .continue_score = 0.2};
  object_tracker tracker(options);
  see(tracker, 0, {thing(0.2), thing(0.6)});
  see(tracker, 0.3, {thing(0.2, 0.3), thing(0.22), thing(0.72, 0.3)}); // 0.72 would be in reach of 0.6
  see(tracker, 0.6, {thing(0.24), thing(0.6)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 2);
  CHECK(tracks[0].sightings == 3);
  CHECK(tracks[0].path.points()[1].area.x == 0.22);
  CHECK(tracks[1].sightings == 2);
  CHECK(last_x(tracks[1]) == 0.6);
}

TEST_CASE("what a broken model says is not tracked") {
  const double nan_value = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  object_tracker tracker;
  for (const auto& area :
       {box{nan_value, 0, 0.1, 0.1}, box{0, nan_value, 0.1, 0.1}, box{0, 0, nan_value, 0.1}, box{0, 0, 0.1, nan_value},
        box{-infinite, 0, infinite, 0.1}, box{0, 0, infinite, 0.1}, box{0.2, 0.2, 0, 0.1}, box{0.2, 0.2, 0.1, -0.1},
        box{0.95, 0, 0.1, 0.1}, box{-0.05, 0, 0.1, 0.1}})
    see(tracker, 0, {{0, 0.9, area, {}}});
  for (const double score : {nan_value, infinite, -infinite, -0.1, 1.1})
    see(tracker, 0, {thing(0.2, score)});
  CHECK(tracks_of(tracker).empty());
}

TEST_CASE("a broken box does not end the track that it stands beside") {
  object_tracker tracker;
  see(tracker, 0, {thing(0.2)});
  see(tracker, 0.3, {{0, std::numeric_limits<double>::quiet_NaN(), {0.2, 0.4, 0.1, 0.3}, {}}});
  see(tracker, 0.6, {thing(0.2)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].sightings == 2);
}

TEST_CASE("a slow rate bridges a missing picture too") {
  CHECK(tracker_options_for(3, 0.25).max_gap_s == 2);
  CHECK(tracker_options_for(0.5, 0.25).max_gap_s == 5);
  CHECK(tracker_options_for(3, 0.5).begin_score == 0.5);
  CHECK(tracker_options_for(3, 0.5).continue_score == Approx(0.2));
}

TEST_CASE("each object is told the number of its track, and those that are ignored that they have none") {
  object_tracker tracker;
  CHECK(tracker.see(at(0), std::vector{thing(0.1), thing(0.5, 0.05), thing(0.7)}) ==
        std::vector<std::int64_t>{1, 0, 2});
  CHECK(tracker.see(at(0.5), std::vector{thing(0.7, 0.15), thing(0.3), thing(0.1)}) ==
        std::vector<std::int64_t>{2, 3, 1});
  tracker.finish();
  const auto ended = tracker.take_ended();
  REQUIRE(ended.size() == 2);
  CHECK(ended[0].number == 1);
  CHECK(ended[1].number == 2);
}

TEST_CASE("things are expected where their speed takes them, inside the picture") {
  object_tracker tracker;
  see(tracker, 0, {thing(0.5)});
  see(tracker, 0.5, {thing(0.6)});
  auto places = tracker.places(at(1).time);
  REQUIRE(places.size() == 1);
  CHECK(places[0].number == 1);
  CHECK(places[0].area.x == Approx(0.7));
  CHECK(places[0].area.width == Approx(0.1));
  places = tracker.places(at(2.25).time);
  REQUIRE(places.size() == 1);
  CHECK(places[0].area.x == Approx(0.95));
  CHECK(places[0].area.width == Approx(0.05));
  CHECK(tracker.places(at(2.75).time).empty()); // given up
}

TEST_CASE("a track that is ended does not go on, and counts as before") {
  object_tracker tracker;
  see(tracker, 0, {thing(0.1), thing(0.6)});
  see(tracker, 0.5, {thing(0.1), thing(0.6)});
  tracker.end(1);
  tracker.end(77);
  see(tracker, 1, {thing(0.1), thing(0.6)});
  see(tracker, 1.5, {thing(0.1), thing(0.6)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 3);
  CHECK(tracks[0].sightings == 2);
  CHECK(tracks[1].sightings == 4);
  CHECK(tracks[2].sightings == 2);
  CHECK(tracks[2].number == 3);
}

TEST_CASE("how many sightings a track needs can be told") {
  object_tracker tracker{{.sure_score = 2, .least_sightings = 3}};
  for (const double seconds : {0.0, 0.5, 1.0})
    see(tracker, seconds, seconds < 1 ? std::vector{thing(0.1, 0.9), thing(0.6)} : std::vector{thing(0.6)});
  const auto tracks = tracks_of(tracker);
  REQUIRE(tracks.size() == 1);
  CHECK(tracks[0].sightings == 3);
  CHECK(tracks[0].id == 1);
}
