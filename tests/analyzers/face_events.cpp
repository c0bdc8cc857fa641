#include "analyzers/face_events.hpp"

#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;

namespace {

frame_position at(int picture) { // 6 Hz
  return {picture * 5, from_seconds(picture / 6.0)};
}

// Nothing is known of the eyes when they are `turned_away`.
enum class eyes { open, closed, turned_away };

face_sighting face(double x, double score = 0.7, eyes which = eyes::open) {
  face_sighting seen{{{x, 0.2, 0.1, 0.2}, score, face_view::frontal, 0.8}, {}};
  const seen_eye open{box{x, 0.3, 0.02, 0.02}, {}, 0.4};
  const seen_eye closed{{}, {}, 0.1};
  if (which != eyes::turned_away)
    seen.eyes = which == eyes::open ? seen_eyes{open, open} : seen_eyes{closed, closed};
  return seen;
}

std::vector<event> events_of(face_events& faces) {
  faces.finish();
  return faces.take_events();
}

} // namespace

TEST_CASE("a face that lasts is told once, with where it was and how it was seen") {
  face_events faces{{}};
  for (int i = 0; i < 6; ++i) {
    auto seen = face(0.3 + 0.01 * i, i == 3 ? 0.9 : 0.6);
    if (i >= 3)
      seen.face.view = face_view::left;
    faces.see(at(i), {{seen}});
    CHECK(faces.take_events().empty());
  }
  const auto events = events_of(faces);
  REQUIRE(events.size() == 1);
  CHECK(events[0].analyzer == "eye_tracking");
  CHECK(events[0].kind == "face");
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(5));
  CHECK(events[0].score == 0.9);
  CHECK(events[0].track == 1);
  const auto attributes = to_json(events[0]).at("attributes");
  CHECK(attributes.at("sightings") == 6);
  CHECK(attributes.at("path").size() == 6);
  CHECK(attributes.at("views").dump() == R"({"frontal":0.5,"left":0.5})");
  CHECK(attributes.at("eyes_open") == 1.0);
  CHECK(attributes.at("blinks") == 0);
}

TEST_CASE("what looks like a face for two pictures is none, however much") {
  face_events faces{{}};
  faces.see(at(0), {{face(0.3, 0.99)}});
  faces.see(at(1), {{face(0.3, 0.99)}});
  CHECK(events_of(faces).empty());
}

TEST_CASE("faces beside each other keep their numbers") {
  face_events faces{{}};
  for (int i = 0; i < 5; ++i)
    faces.see(at(i), {{face(i % 2 == 0 ? 0.2 : 0.6), face(i % 2 == 0 ? 0.6 : 0.2)}});
  const auto events = events_of(faces);
  REQUIRE(events.size() == 2);
  CHECK(events[0].area->x != events[1].area->x);
  CHECK(to_json(events[0]).at("attributes").at("sightings") == 5);
}

TEST_CASE("a blink is told with the number of its face, long closed eyes otherwise") {
  face_events faces{{}};
  for (int i = 0; i < 40; ++i) {
    const bool closed = i == 8 || (i >= 20 && i < 26);
    faces.see(at(i), {{face(0.3, 0.7, closed ? eyes::closed : eyes::open)}});
  }
  const auto events = events_of(faces);
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind == "face");
  CHECK(to_json(events[0]).at("attributes").at("blinks") == 1);
  CHECK(events[1].kind == "blink");
  CHECK(events[1].start == at(8));
  CHECK(events[1].end == at(8));
  CHECK(events[1].track == events[0].track);
  CHECK(*events[1].score > 0.9);
  CHECK(events[2].kind == "eyes_closed");
  CHECK(events[2].start == at(20));
  CHECK(events[2].end == at(25));
}

TEST_CASE("nothing is said of eyes that were hardly seen") {
  face_events faces{{}};
  for (int i = 0; i < 10; ++i)
    faces.see(at(i), {{face(0.3, 0.7, i == 4 ? eyes::open : eyes::turned_away)}});
  const auto events = events_of(faces);
  REQUIRE(events.size() == 1);
  const auto attributes = to_json(events[0]).at("attributes");
  CHECK_FALSE(attributes.contains("eyes_open"));
  CHECK_FALSE(attributes.contains("blinks"));
}

TEST_CASE("a face that is not in sight is still followed for a while, and a cut ends it") {
  face_events faces{{}};
  for (int i = 0; i < 4; ++i)
    faces.see(at(i), {{face(0.3)}});
  REQUIRE(faces.followed(at(4).time).size() == 1);
  CHECK(faces.followed(at(4).time)[0].in_sight);
  faces.see(at(4), {});
  REQUIRE(faces.followed(at(5).time).size() == 1);
  CHECK_FALSE(faces.followed(at(5).time)[0].in_sight);
  faces.finish();
  CHECK(faces.followed(at(5).time).empty());
  CHECK(faces.take_events().size() == 1);
  for (int i = 5; i < 9; ++i)
    faces.see(at(i), {{face(0.3)}});
  const auto after = events_of(faces);
  REQUIRE(after.size() == 1);
  CHECK(after[0].track == 2);
}
