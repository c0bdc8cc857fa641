/// eye_tracking and object_detection without a model, as a worker runs them.
#include "analyzers/eye_tracking.hpp"
#include "analyzers/moving_regions.hpp"
#include "analyzers/people_detection.hpp"
#include "tests/analyzers/drawn_people.hpp"
#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;

namespace {

sampled_frame frame_of(const plane_view& luma, int picture, double rate_hz) {
  return {{picture * 4, from_seconds(picture / rate_hz)},
          {luma.width, luma.height},
          sample_format::gray8,
          {luma.data, static_cast<std::size_t>(luma.width) * static_cast<std::size_t>(luma.height)}};
}

std::vector<event> finish(sampled_analyzer& analyzer) {
  analyzer.finish();
  return analyzer.take_events();
}

} // namespace

TEST_CASE("a face that moves and blinks is one face and a blink") {
  const auto analyzer = make_eye_tracking({}).value();
  for (int i = 0; i < 18; ++i) {
    canvas picture(320, 200, 120);
    draw_face(picture, 120 + 2 * i, 100, 60, i != 10);
    REQUIRE(analyzer->see(frame_of(picture.view(), i, 6)));
  }
  auto events = finish(*analyzer);
  std::erase_if(events, [](const event& one) { return one.kind == "gaze"; });
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == "face");
  CHECK(events[1].kind == "blink");
  CHECK(events[0].start.index == 0);
  CHECK(events[0].end->index == 17 * 4);
  CHECK(*events[0].score > 0.7);
  CHECK(events[1].start.index == 10 * 4);
  CHECK(events[1].end->index == 10 * 4);
  CHECK(events[1].track == events[0].track);
}

TEST_CASE("a face is seen as long as its picture stays, though nothing changes") {
  const auto analyzer = make_eye_tracking({}).value();
  canvas picture(320, 200, 120);
  draw_face(picture, 160, 100, 60);
  for (int i = 0; i < 30; ++i)
    REQUIRE(analyzer->see(frame_of(picture.view(), i, 6)));
  const auto events = finish(*analyzer);
  REQUIRE_FALSE(events.empty());
  CHECK(events[0].kind == "face");
  CHECK(to_json(events[0]).at("attributes").at("sightings") == 30);
  CHECK(to_json(events[0]).at("attributes").at("blinks") == 0);
}

TEST_CASE("a cut ends a face, even when the next shot shows one at its place") {
  const auto analyzer = make_eye_tracking({}).value();
  for (int i = 0; i < 12; ++i) {
    auto picture = drawn_wall(320, 200, i < 6 ? 8 : 9);
    draw_face(picture, 160, 100, 60);
    REQUIRE(analyzer->see(frame_of(picture.view(), i, 6)));
  }
  std::vector<event> faces;
  for (const auto& one : finish(*analyzer))
    if (one.kind == "face")
      faces.push_back(one);
  REQUIRE(faces.size() == 2);
  CHECK(faces[0].end->index == 5 * 4);
  CHECK(faces[1].start.index == 6 * 4);
  CHECK(faces[0].track != faces[1].track);
}

TEST_CASE("nothing is found in noise and flat pictures, and pictures of any size can be looked at") {
  for (const bool eyes : {true, false}) {
    const auto analyzer = eyes ? make_eye_tracking({}).value() : make_people_detection({}).value();
    int i = 0;
    for (const auto& [width, height] : {std::pair{1, 1}, {7, 300}, {300, 7}, {160, 120}, {161, 121}}) {
      canvas picture(width, height, 40 * (i % 5));
      for (int y = 0; i % 2 == 0 && y < height; ++y)
        for (int x = 0; x < width; ++x)
          picture.picture().row(y)[x] = static_cast<std::uint8_t>(255 * noise_at(x, y, 3));
      for (int again = 0; again < 3; ++again)
        REQUIRE(analyzer->see(frame_of(picture.view(), i++, 6)));
    }
    CHECK(finish(*analyzer).empty());
  }
}

TEST_CASE("pictures in colour, and of another size than their bytes, are refused") {
  const std::vector<std::uint8_t> pixels(12);
  plane copy;
  CHECK(copy_luma({{}, {2, 2}, sample_format::gray8, pixels}, copy).error().code == errc::invalid_argument);
  CHECK(copy_luma({{}, {4, 4}, sample_format::gray8, pixels}, copy).error().code == errc::invalid_argument);
  CHECK(copy_luma({{}, {0, 4}, sample_format::gray8, {}}, copy).error().code == errc::invalid_argument);
  CHECK(copy_luma({{}, {4, 3}, sample_format::gray8, pixels}, copy));
  const sampled_frame frame{{}, {2, 2}, sample_format::bgr24, pixels};
  CHECK(make_moving_regions({}).value()->see(frame).error().code == errc::invalid_argument);
  CHECK(make_eye_tracking({}).value()->see(frame).error().code == errc::invalid_argument);
  CHECK(make_people_detection({}).value()->see(frame).error().code == errc::invalid_argument);
}

TEST_CASE("a person who walks through a room is counted once") {
  const auto analyzer = make_people_detection({}).value();
  for (int i = 0; i < 16; ++i) {
    canvas picture(480, 270, 190);
    picture.ellipse(380, 200, 30, 60, 150); // furniture
    if (i >= 2 && i < 14)
      draw_person(picture, 40 + 28 * (i - 2), 250, 150);
    REQUIRE(analyzer->see(frame_of(picture.view(), i, 3)));
  }
  const auto events = finish(*analyzer);
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == "object");
  CHECK(events[0].label == "person");
  CHECK(events[0].start.index <= 4 * 4);
  CHECK(events[0].end->index >= 11 * 4);
  CHECK(events[0].end->index < 14 * 4);
}

TEST_CASE("a post that the camera passes is no person, someone who walks there is") {
  for (const int step : {0, 9}) {
    const auto analyzer = make_people_detection({}).value();
    for (int i = 0; i < 14; ++i) {
      canvas picture(480, 270, 190);
      for (int k = 0; k < 60; ++k) // a wall of pebbles
        picture.ellipse(40 * (k % 20) - 12 * i, 20 + 90 * (k / 20) + 7 * (k % 5), 8 + k % 4, 6 + k % 3,
                        90 + 15 * (k % 6));
      draw_person(picture, 300 + (step - 12) * i, 250, 150);
      REQUIRE(analyzer->see(frame_of(picture.view(), i, 3)));
    }
    CAPTURE(step);
    CHECK(finish(*analyzer).size() == (step > 0 ? 1 : 0));
  }
}

TEST_CASE("a person who never moves is a post") {
  const auto analyzer = make_people_detection({}).value();
  canvas picture(480, 270, 190);
  draw_person(picture, 200, 250, 150);
  for (int i = 0; i < 12; ++i)
    REQUIRE(analyzer->see(frame_of(picture.view(), i, 3)));
  CHECK(finish(*analyzer).empty());
}
