#include "analyzers/text_overlay.hpp"

#include "analyzers/text_vote.hpp"
#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// What is read from pictures a second apart.
std::vector<event> events_of(const std::vector<drawn_text>& pictures) {
  auto overlay = make_text_overlay({});
  REQUIRE(overlay);
  std::int64_t second = 0;
  for (const auto& picture : pictures) {
    const auto count = static_cast<std::size_t>(picture.pixels.rows) * static_cast<std::size_t>(picture.pixels.cols);
    REQUIRE((*overlay)->see({{25 * second, second * 1s},
                             {picture.pixels.cols, picture.pixels.rows},
                             sample_format::gray8,
                             {picture.pixels.data, count}}));
    ++second;
  }
  (*overlay)->finish();
  return (*overlay)->take_events();
}

void check_read(const std::vector<event>& events, const std::string& words) {
  for (const auto& one : events)
    UNSCOPED_INFO(*one.text << ", " << *one.score << ", frames " << one.start.index << " to " << one.end->index);
  REQUIRE(events.size() == 1);
  INFO(*events[0].text);
  CHECK(text_similarity(*events[0].text, words) > 0.94);
}

} // namespace

TEST_CASE("Tesseract reads light and dark words, large and small") {
  check_read(events_of({drawn_text(854, 480, 60).write("The house by the river", 200, 440, 15, 230)}),
             "The house by the river");
  check_read(events_of({drawn_text(854, 480, 220).write("The house by the river", 200, 440, 16, 20)}),
             "The house by the river");
  check_read(events_of({drawn_text(1920, 1080, 90).write("The last station", 200, 540, 90, 200)}), "The last station");
}

TEST_CASE("Tesseract reads an outlined subtitle over a texture, once") {
  std::vector<drawn_text> pictures;
  for (int second = 0; second < 3; ++second)
    pictures.push_back(drawn_text::over_wall(854, 480, static_cast<float>(300 * second))
                           .write("Nobody knows about tomorrow", 200, 440, 17, 235, 16));
  const auto events = events_of(pictures);
  check_read(events, "Nobody knows about tomorrow");
  CHECK(events[0].end == frame_position{50, 2s});
}

TEST_CASE("textures without text have no words") {
  std::vector<drawn_text> pictures;
  for (int second = 0; second < 4; ++second)
    pictures.push_back(drawn_text::over_wall(640, 360, static_cast<float>(7 * second)));
  CHECK(events_of(pictures).empty());
}

TEST_CASE("a language without a model is named with its package") {
  analyzer_options options;
  options.text_overlay.languages = {"eng", "xyz_abc"};
  const auto overlay = make_text_overlay(options);
  REQUIRE_FALSE(overlay);
  CHECK(overlay.error().code == errc::not_found);
  CHECK(overlay.error().message ==
        "Tesseract has no model for \"xyz_abc\"; get it with: apt install tesseract-ocr-xyz-abc");
}
