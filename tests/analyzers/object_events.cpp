#include "analyzers/object_events.hpp"

#include "analyzers/track_path.hpp"
#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

frame_position at(std::int64_t picture) { // 2 Hz
  return {picture * 12, picture * 500ms};
}

picture_finds found(int label, double score, box area) {
  return {{{label, score, area, {}}}, {}};
}

std::vector<event> events_of(video_finds& finds) {
  finds.finish();
  return finds.take_events();
}

} // namespace

TEST_CASE("an object is told once, as it was at its best") {
  const auto finds = make_object_events({"person", "boat"}, {.rate_hz = 2});
  finds->see(at(0), found(1, 0.5, {0.1, 0.5, 0.2, 0.2}));
  finds->see(at(1), found(1, 0.875, {0.125, 0.5, 0.25, 0.25}));
  finds->see(at(2), found(1, 0.75, {0.15, 0.5, 0.2, 0.2}));
  CHECK(finds->take_events().empty());
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  CHECK(events[0].analyzer == "object_detection");
  CHECK(events[0].kind == "object");
  CHECK(events[0].label == "boat");
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(2));
  CHECK(events[0].score == 0.875);
  CHECK(events[0].area == box{0.125, 0.5, 0.25, 0.25});
  CHECK(events[0].track == 1);
  const auto json = to_json(events[0]);
  CHECK(json["attributes"].dump() ==
        R"({"sightings":3,"path":[[0.0,0.1,0.5,0.2,0.2],[0.5,0.125,0.5,0.25,0.25],[1.0,0.15,0.5,0.2,0.2]]})");
  CHECK(event_from_json(json).value() == events[0]);
}

TEST_CASE("an object is told when it has gone") {
  const auto finds = make_object_events({"person"}, {.rate_hz = 2});
  finds->see(at(0), found(0, 0.9, {0.1, 0.1, 0.2, 0.2}));
  finds->see(at(4), {}); // 2 s
  CHECK(finds->take_events().empty());
  finds->see(at(5), {});
  CHECK(finds->take_events().size() == 1);
  CHECK(events_of(*finds).empty());
}

TEST_CASE("an object is not what is seen at its place after a cut") {
  const auto finds = make_object_events({"person"}, {.rate_hz = 2});
  const box place{0.1, 0.1, 0.2, 0.2};
  finds->see(at(0), found(0, 0.9, place));
  finds->see(at(1), found(0, 0.9, place));
  finds->cut();
  const auto before = finds->take_events();
  REQUIRE(before.size() == 1);
  CHECK(before[0].end == at(1));
  finds->see(at(2), found(0, 0.8, place));
  const auto after = events_of(*finds);
  REQUIRE(after.size() == 1);
  CHECK(after[0].start == at(2));
  CHECK(after[0].score == 0.8);
  CHECK(after[0].track == 2);
}

TEST_CASE("the least score is what a thing needs once") {
  const auto finds = make_object_events({"person"}, {.rate_hz = 2, .min_score = 0.5});
  for (int i = 0; i < 3; ++i) {
    auto seen = found(0, i == 0 ? 0.5 : 0.3, {0.1, 0.1, 0.2, 0.2});
    seen.objects.push_back({0, 0.49, {0.7, 0.1, 0.2, 0.2}, {}});
    finds->see(at(i), seen);
  }
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  CHECK(events[0].score == 0.5);
  CHECK(events[0].end == at(2));
}

TEST_CASE("labels that the model has no name for are ignored") {
  const auto finds = make_object_events({"person"}, {});
  for (const int label : {-1, 1, 1000000})
    finds->see(at(0), found(label, 0.9, {0.1, 0.1, 0.2, 0.2}));
  CHECK(events_of(*finds).empty());
}

TEST_CASE("whatever a model's labels are, the event can be written and read") {
  const std::string long_name(255, 'x');
  const auto name =
      GENERATE_COPY(as<std::string>{}, "caf\xE9", "two\nlines", "", long_name + "\xC3\xA9", long_name + "yz");
  const auto finds = make_object_events({name}, {});
  finds->see(at(0), found(0, 0.9, {0.1, 0.1, 0.2, 0.2}));
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  CHECK(event_from_json(to_json(events[0])).value() == events[0]);
  CHECK(events[0].label->find('\n') == std::string::npos);
  CHECK(events[0].label->size() <= event_limits::label_bytes);
  if (name.starts_with(long_name))
    CHECK(*events[0].label == (name.ends_with("yz") ? long_name + "y" : long_name));
}

TEST_CASE("a path keeps its ends and an even choice between, however long it gets") {
  track_path path;
  CHECK(path.points().empty());
  for (int i = 0; i < 100'000; ++i) {
    path.add({i * 1s, {}});
    if (i > 40 && i % 997 != 0)
      continue;
    const auto points = path.points();
    CAPTURE(i);
    REQUIRE(points.size() <= track_path::most_points);
    REQUIRE(points.size() >= std::min<std::size_t>(static_cast<std::size_t>(i) + 1, track_path::most_points / 2));
    REQUIRE(points.front().time == 0s);
    REQUIRE(points.back().time == i * 1s);
    for (std::size_t k = 2; k + 1 < points.size(); ++k)
      REQUIRE(points[k].time - points[k - 1].time == points[1].time);
  }
}

TEST_CASE("a path of few points has them all") {
  track_path path;
  for (int i = 0; i < 31; ++i)
    path.add({i * 1s, {}});
  CHECK(path.points().size() == 31);
}

TEST_CASE("a long track is an event within the limits") {
  const auto finds = make_object_events({"person"}, {.rate_hz = 2});
  for (int i = 0; i < 5000; ++i)
    finds->see(at(i), found(0, 0.6, {0.1 + i * 1e-4, 0.1, 0.3, 0.3}));
  const auto events = events_of(*finds);
  REQUIRE(events.size() == 1);
  const auto json = to_json(events[0]);
  CHECK(event_from_json(json).has_value());
  CHECK(json["attributes"]["sightings"] == 5000);
  CHECK(json["attributes"]["path"].size() <= 32);
}
