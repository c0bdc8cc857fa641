#include "analyzers/text_overlay.hpp"

#include "analyzers/text_vote.hpp"
#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// What is read from pictures in blue, green and red, a second apart.
std::vector<event> events_of(const std::vector<cv::Mat>& pictures) {
  auto overlay = make_text_overlay({});
  REQUIRE(overlay);
  std::int64_t second = 0;
  for (const auto& picture : pictures) {
    REQUIRE((*overlay)->see({{25 * second, second * 1s},
                             {picture.cols, picture.rows},
                             sample_format::bgr24,
                             {picture.data, 3 * picture.total()}}));
    ++second;
  }
  (*overlay)->finish();
  return (*overlay)->take_events();
}

std::vector<event> events_of(const std::vector<drawn_text>& pictures) {
  std::vector<cv::Mat> colored(pictures.size());
  for (std::size_t i = 0; i < pictures.size(); ++i)
    cv::cvtColor(pictures[i].pixels, colored[i], cv::COLOR_GRAY2BGR);
  return events_of(colored);
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

TEST_CASE("Tesseract reads coloured words over things that are darker, as light, and lighter") {
  cv::Mat picture{480, 854, CV_8UC3, cv::Scalar(90, 90, 90)};
  for (int x = 0; x < 854; x += 40)
    cv::rectangle(picture, {x, 0, 20, 480}, cv::Scalar::all(x % 80 == 0 ? 180 : 235), cv::FILLED);
  for (const auto& [color, off] : {std::pair{cv::Scalar(60, 50, 30), 2}, {cv::Scalar(255, 255, 0), 0}})
    cv::putText(picture, "The house by the river", {200 + off, 440 + off}, cv::FONT_HERSHEY_DUPLEX, 1.1, color, 2,
                cv::LINE_AA);
  check_read(events_of(std::vector{picture}), "The house by the river");
}

TEST_CASE("a picture without colours is refused") {
  auto overlay = make_text_overlay({});
  REQUIRE(overlay);
  const std::vector<std::uint8_t> pixels(4);
  CHECK((*overlay)->see({{}, {2, 2}, sample_format::gray8, pixels}).error().code == errc::invalid_argument);
  CHECK((*overlay)->see({{}, {2, 2}, sample_format::bgr24, pixels}).error().code == errc::invalid_argument);
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
