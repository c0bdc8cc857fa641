#include "analyzers/eye_story.hpp"

#include "tests/catch.hpp"

#include <string_view>

using namespace timeloom;

namespace {

frame_position at(int sighting) { // 6 Hz
  return {sighting * 5, from_seconds(sighting / 6.0)};
}

constexpr box somewhere{0.4, 0.4, 0.05, 0.05};

seen_eyes open_eyes(double darkness = 0.4) {
  return {{somewhere, {}, darkness}, {somewhere, {}, darkness}};
}

seen_eyes unseen_eyes(double darkness) {
  return {{{}, {}, darkness}, {{}, {}, darkness}};
}

// o: open, c: closed, m: missed, though as dark as open ones, ?: not looked at
eye_story story_of(std::string_view sightings) {
  eye_story story;
  for (std::size_t i = 0; i < sightings.size(); ++i) {
    std::optional<seen_eyes> seen;
    if (sightings[i] != '?')
      seen = sightings[i] == 'o' ? open_eyes() : unseen_eyes(sightings[i] == 'c' ? 0.15 : 0.38);
    story.see(at(static_cast<int>(i)), seen);
  }
  story.finish();
  return story;
}

seen_eyes looking(double left, double right) {
  return {{somewhere, left, 0.4}, {somewhere, right, 0.4}};
}

} // namespace

TEST_CASE("eyes that close and open again have blinked once, from the first to the last time they were closed") {
  const auto story = story_of("oooooccoooo");
  REQUIRE(story.closings().size() == 1);
  CHECK(story.closings()[0].first == at(5));
  CHECK(story.closings()[0].last == at(6));
  CHECK(story.open() == 9);
  CHECK(story.known() == 11);
}

TEST_CASE("one unclear sighting does not split a blink, two end it") {
  CHECK(story_of("oooooocmcooo").closings().size() == 1);
  CHECK(story_of("ooooooc?cooo").closings().size() == 1);
  CHECK(story_of("ooooooc??ooo").closings().empty());
}

TEST_CASE("a face that was never seen with open eyes before or after did not blink") {
  CHECK(story_of("ccoooooooo").closings().empty());
  CHECK(story_of("oooooooocc").closings().empty());
  CHECK(story_of("ooooooo??cooo").closings().empty());
}

TEST_CASE("open eyes that detectors miss are not closed, as dark as they are") {
  const auto story = story_of("ooooomooooo");
  CHECK(story.closings().empty());
  CHECK(story.known() == 10);
}

TEST_CASE("where open eyes are often missed, closed ones are not believed") {
  CHECK(story_of("ooocoocoocoocoocoo").closings().empty());
  CHECK(story_of("ooomomomomooco").closings().empty());
  CHECK_FALSE(story_of("oooco").is_reliable());
  CHECK(story_of("ooooooco").is_reliable());
}

TEST_CASE("turning away does not make eyes less reliable") {
  CHECK(story_of("ooooooo????????ooocooo").closings().size() == 1);
}

TEST_CASE("one eye that is closed is a wink, and no blink") {
  eye_story story;
  for (int i = 0; i < 10; ++i) {
    auto seen = open_eyes();
    if (i == 6)
      seen.left = {{}, {}, 0.1};
    story.see(at(i), seen);
  }
  story.finish();
  CHECK(story.closings().empty());
  CHECK(story.open() == 10);
}

TEST_CASE("a gaze is told when both eyes agree and it is clear") {
  CHECK(gaze_of(looking(-0.4, -0.5)) == gaze::left);
  CHECK(gaze_of(looking(0.4, 0.35)) == gaze::right);
  CHECK(gaze_of(looking(0.05, -0.05)) == gaze::centre);
  CHECK_FALSE(gaze_of(looking(0.2, 0.2)));
  CHECK_FALSE(gaze_of(looking(-0.4, 0.4)));
  CHECK_FALSE(gaze_of(seen_eyes{{somewhere, -0.5, 0.4}, {somewhere, {}, 0.4}}));
}

TEST_CASE("looks of one sighting are not told, and a turn of the eyes begins a new one") {
  eye_story story;
  int i = 0;
  for (const double place : {-0.5, -0.5, -0.5, 0.5, 0.0, 0.0})
    story.see(at(i++), looking(place, place));
  story.finish();
  REQUIRE(story.gazes().size() == 2);
  CHECK(story.gazes()[0].direction == gaze::left);
  CHECK(story.gazes()[0].sightings == 3);
  CHECK(story.gazes()[0].last == at(2));
  CHECK(story.gazes()[1].direction == gaze::centre);
  CHECK(story.gazes()[1].first == at(4));
}
