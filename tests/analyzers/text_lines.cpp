#include "analyzers/text_lines.hpp"

#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

frame_position at(int second) {
  return {second * 25, second * 1s};
}

text_reading reading(std::string text, double confidence = 0.9, box area = {0.1, 0.8, 0.5, 0.1}) {
  return {std::move(text), area, confidence};
}

} // namespace

TEST_CASE("text that stays is one event, with its surest reading") {
  text_lines lines;
  lines.see(at(0), {reading("Hcllo world", 0.7)});
  lines.see(at(1), {reading("Hello world", 0.95)});
  lines.see(at(2), {reading("Hello wor1d", 0.8)});
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].text == "Hello world");
  CHECK(events[0].score == 0.95);
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(2));
}

TEST_CASE("other words in the same place are another overlay") {
  text_lines lines;
  lines.see(at(0), {reading("Good morning")});
  lines.see(at(1), {reading("See you later")});
  lines.finish();
  const auto events = lines.take_events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].text == "Good morning");
  CHECK(events[0].end == at(0));
  CHECK(events[1].start == at(1));
}

TEST_CASE("the same words in two places are two overlays") {
  text_lines lines;
  for (int second = 0; second < 2; ++second)
    lines.see(at(second), {reading("LIVE", 0.9, {0, 0, 0.1, 0.1}), reading("LIVE", 0.9, {0.9, 0.9, 0.1, 0.1})});
  lines.finish();
  CHECK(lines.take_events().size() == 2);
}

TEST_CASE("an overlay is told as soon as a picture without it was seen") {
  text_lines lines;
  lines.see(at(0), {reading("Chapter one")});
  CHECK(lines.take_events().empty());
  lines.see(at(1), {});
  CHECK(lines.take_events().size() == 1);
  lines.finish();
  CHECK(lines.take_events().empty());
}

TEST_CASE("similarity counts what would have to be edited") {
  CHECK(text_similarity("abcd", "abcd") == 1);
  CHECK(text_similarity("abcd", "abxd") == Approx(0.75));
  CHECK(text_similarity("abcd", "") == 0);
  CHECK(text_similarity("", "") == 1);
  CHECK(text_similarity("kitten", "sitting") == Approx(1 - 3.0 / 7));
}
