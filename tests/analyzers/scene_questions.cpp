#include "analyzers/scene_questions.hpp"

#include "analyzers/catalog.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

frame_position at(std::int64_t index) {
  return {index, media_time{index * 40'000'000}};
}

scene scene_of(std::int64_t number, std::int64_t first, std::int64_t representative, std::int64_t last) {
  return {.number = number, .first = at(first), .representative = at(representative), .last = at(last)};
}

const std::vector<scene> two{scene_of(1, 0, 7, 24), scene_of(2, 25, 25, 60)};

} // namespace

TEST_CASE("a scene is asked about once, with its frames in order and each once") {
  const auto questions = scene_questions(two, {});
  REQUIRE(questions.size() == 2);
  CHECK(questions[0] == scene_question{1, {at(0), at(7), at(24)}});
  CHECK(questions[1] == scene_question{2, {at(25), at(60)}});
  CHECK(frames_of(questions) == std::vector{at(0), at(7), at(24), at(25), at(60)});
}

TEST_CASE("or each of its frames is asked about alone") {
  const auto questions = scene_questions(two, {.caption = caption_unit::frame});
  REQUIRE(questions.size() == 5);
  CHECK(questions[3] == scene_question{2, {at(25)}});
}

TEST_CASE("more frames than are looked for at a time leave out the last scenes, never a part of one") {
  std::vector<scene> many;
  for (std::int64_t number = 1; number <= 2000; ++number)
    many.push_back(scene_of(number, number * 10, number * 10 + 4, number * 10 + 9));
  const auto questions = scene_questions(many, {});
  CHECK(questions.size() == most_chosen_frames / 3);
  CHECK(questions.back().frames.size() == 3);
}

TEST_CASE("who needs scenes brings the analyzer that finds them, in the catalog's order") {
  using ids = std::vector<std::string>;
  CHECK(with_needed({"scene_caption"}) == ids{"scene_segmentation", "scene_caption"});
  CHECK(with_needed({"cut_analysis", "text_overlay", "scene_caption"}) ==
        ids{"cut_analysis", "scene_segmentation", "text_overlay", "scene_caption"});
  CHECK(with_needed({"cut_analysis"}) == ids{"cut_analysis"});
}
