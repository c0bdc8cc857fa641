#include "actors/caption_session.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

namespace {

frame_position at(std::int64_t index) {
  return {index, media_time{index * 1'000'000'000}};
}

/// Two scenes of three frames each: 0, 1, 2 and 3, 4, 5.
caption_session two_scenes(caption_unit unit = caption_unit::scene) {
  scene_caption_options options;
  options.prompt = "What?";
  options.caption = unit;
  const std::vector<scene> scenes{{.number = 1, .first = at(0), .representative = at(1), .last = at(2)},
                                  {.number = 2, .first = at(3), .representative = at(4), .last = at(5)}};
  return {scene_questions(scenes, options), options};
}

/// A picture that tells its index.
kept_picture picture(std::int64_t index) {
  return {{1, 1}, std::vector<std::uint8_t>(3, static_cast<std::uint8_t>(index))};
}

picture_answer words(const std::string& text) {
  return {text, 100, 7, false};
}

} // namespace

TEST_CASE("a scene is asked about when its last picture came, and its caption spans it") {
  auto session = two_scenes();
  CHECK(session.take(0, picture(0)).empty());
  CHECK(session.take(1, picture(1)).empty());
  const auto ready = session.take(2, picture(2));
  REQUIRE(ready.size() == 1);
  CHECK(ready[0].asked.prompt == "What?");
  REQUIRE(ready[0].asked.pictures.size() == 3);
  for (std::int64_t i = 0; i < 3; ++i)
    CHECK(ready[0].asked.pictures[static_cast<std::size_t>(i)].rgb == picture(i).rgb);
  session.answer(ready[0].number, words("a harbour"), 0.5);
  const auto result = session.take_result();
  REQUIRE(result.events.size() == 1);
  CHECK(result.events[0].kind == "caption");
  CHECK(result.events[0].text == "a harbour");
  CHECK(result.events[0].start == at(0));
  CHECK(result.events[0].end == at(2));
  CHECK(result.events[0].attributes == attribute::object{{"scene", std::int64_t{1}},
                                                         {"prompt_tokens", std::int64_t{100}},
                                                         {"tokens", std::int64_t{7}}});
  CHECK(result.seconds == 0.5);
  CHECK(session.take_result().events.empty());
}

TEST_CASE("frames that are asked about alone are moments") {
  auto session = two_scenes(caption_unit::frame);
  const auto ready = session.take(0, picture(0));
  REQUIRE(ready.size() == 1);
  auto cut = words("a h");
  cut.cut_short = true;
  session.answer(ready[0].number, cut, 0);
  const auto found = session.take_result().events.at(0);
  CHECK_FALSE(found.end);
  CHECK(found.attributes.back() == std::pair<std::string, attribute>{"cut_short", true});
}

TEST_CASE("a picture that does not come is named, and its scene is told by the others") {
  auto session = two_scenes();
  CHECK(session.take(0, picture(0)).empty());
  CHECK(session.take(2, picture(2)).size() == 1);
  auto first = session.take(3, fail(errc::protocol, "frame 3 is larger than its slot"));
  CHECK(first.empty());
  const auto rest = session.close();
  CHECK(rest.empty()); // of the second scene nothing came
  const auto result = session.take_result();
  CHECK(result.frame_errors == std::vector<std::string>{"at 1.000 s: the picture could not be decoded again",
                                                        "at 3.000 s: frame 3 is larger than its slot",
                                                        "at 4.000 s: the picture could not be decoded again",
                                                        "at 5.000 s: the picture could not be decoded again"});
}

TEST_CASE("what is still waited for at the end is asked with what there is") {
  auto session = two_scenes();
  session.take(4, picture(4));
  CHECK_FALSE(session.is_over());
  const auto rest = session.close();
  REQUIRE(rest.size() == 1);
  CHECK(rest[0].asked.pictures.size() == 1);
  CHECK_FALSE(session.is_over());
  session.answer(rest[0].number, fail(errc::exhausted, "no memory"), 0);
  CHECK(session.is_over());
  CHECK(session.take_result().frame_errors.back() == "at 3.000 s: no caption of scene 2: no memory");
}
