#include "analyzers/pose_events.hpp"

#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <limits>
#include <nlohmann/json.hpp>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

frame_position at(std::int64_t picture) { // 5 Hz
  return {picture * 5, picture * 200ms};
}

// Its k-th point is at (x + k / 64, 0.5).
seen_object body(double x, double score) {
  seen_object seen{0, score, {x, 0.25, 0.25, 0.5}, {}};
  for (std::size_t k = 0; k < body_points.size(); ++k)
    seen.keypoints.push_back({x + static_cast<double>(k) / 64, 0.5, 0.75});
  return seen;
}

std::vector<event> events_of(video_finds& finds) {
  finds.finish();
  return finds.take_events();
}

} // namespace

TEST_CASE("a person is told once, with the posture of the clearest picture") {
  const auto finds = make_pose_events({});
  finds->see(at(0), {{body(0.25, 0.5)}, {}});
  finds->see(at(1), {{body(0.3125, 0.875)}, {}});
  finds->see(at(2), {{body(0.375, 0.625)}, {}});
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  CHECK(events[0].analyzer == "body_pose");
  CHECK(events[0].kind == "person");
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(2));
  CHECK(events[0].score == 0.875);
  CHECK(events[0].area == box{0.3125, 0.25, 0.25, 0.5});
  CHECK(events[0].track == 1);
  const auto json = to_json(events[0]);
  CHECK(json["attributes"]["sightings"] == 3);
  CHECK(json["attributes"]["path"].size() == 3);
  const auto& points = json["attributes"]["keypoints"];
  CHECK(points.size() == 17);
  CHECK(points["nose"].dump() == R"({"x":0.3125,"y":0.5,"score":0.75})");
  CHECK(points["right_ankle"].dump() == R"({"x":0.5625,"y":0.5,"score":0.75})");
  CHECK(event_from_json(json).value() == events[0]);
}

TEST_CASE("a person is not who is seen at their place after a cut") {
  const auto finds = make_pose_events({});
  for (int i = 0; i < 4; ++i) {
    if (i == 2)
      finds->cut();
    finds->see(at(i), {{body(0.25, 0.6)}, {}});
  }
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 2);
  CHECK(events[0].end == at(1));
  CHECK(events[1].start == at(2));
}

TEST_CASE("two people have numbers of their own") {
  const auto finds = make_pose_events({});
  for (int i = 0; i < 3; ++i)
    finds->see(at(i), {{body(0.05, 0.6), body(0.6, 0.5)}, {}});
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 2);
  CHECK(events[0].track != events[1].track);
}

TEST_CASE("points that are not seen or make no sense are left out") {
  auto seen = body(0.25, 0.9);
  seen.keypoints[0].score = 0;
  seen.keypoints[1].x = std::numeric_limits<double>::quiet_NaN();
  seen.keypoints[2].y = std::numeric_limits<double>::infinity();
  seen.keypoints[3].score = std::numeric_limits<double>::quiet_NaN();
  seen.keypoints[4].x = -0.1;
  const auto finds = make_pose_events({});
  finds->see(at(0), {{seen}, {}});
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  const auto json = to_json(events[0]);
  const auto& points = json["attributes"]["keypoints"];
  CHECK(points.size() == 12);
  CHECK(points.begin().key() == "left_shoulder");
  CHECK(event_from_json(json).value() == events[0]);
}

TEST_CASE("what has not a body's points is no body") {
  auto seen = body(0.25, 0.9);
  seen.keypoints.pop_back();
  const auto finds = make_pose_events({});
  finds->see(at(0), {{seen, {0, 0.9, {0.6, 0.1, 0.2, 0.2}, {}}}, {}});
  CHECK(events_of(*finds).empty());
}
