#include "timeline/merge.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <random>

using namespace timeloom;

namespace {

const std::vector<std::string> catalog = {"cut_analysis", "color_analysis"};

event at(const char* analyzer, std::int64_t frame, const char* label = "") {
  event e;
  e.analyzer = analyzer;
  e.kind = 'x';
  e.start = {frame, media_time{frame * 40'000'000}};
  e.label = label;
  return e;
}

} // namespace

TEST_CASE("events are ordered by start, then catalog, then as found") {
  const auto merged = merge({at("zoo", 1), at("color_analysis", 1, "first"), at("color_analysis", 1, "second"),
                             at("art", 1), at("cut_analysis", 1), at("zoo", 0)},
                            catalog);
  const std::vector<event> expected = {
      at("zoo", 0), at("cut_analysis", 1), at("color_analysis", 1, "first"), at("color_analysis", 1, "second"),
      at("art", 1), at("zoo", 1)};
  CHECK(merged == expected);
}

TEST_CASE("how analyzers interleave does not change the timeline") {
  std::mt19937 random(3);
  std::vector<event> events;
  for (int i = 0; i < 200; ++i)
    events.push_back(at(i % 2 == 0 ? "cut_analysis" : "other", i / 10));
  const auto expected = merge(events, catalog);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(events.begin(), events.end(), random);
    REQUIRE(merge(events, catalog) == expected);
  }
}

TEST_CASE("merging nothing gives nothing") {
  CHECK(merge({}, catalog).empty());
}
