#include "analyzers/area_events.hpp"

#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <limits>
#include <nlohmann/json.hpp>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

frame_position at(std::int64_t picture) { // 2 Hz
  return {picture * 12, picture * 500ms};
}

// What is told of a single class, "sky", with these shares in successive pictures.
std::vector<event> told_of(const std::vector<double>& shares, double min_share) {
  const auto finds = make_area_events({"sky"}, {.min_share = min_share});
  for (std::size_t i = 0; i < shares.size(); ++i)
    finds->see(at(static_cast<std::int64_t>(i)), {{}, {shares[i]}});
  finds->finish();
  return finds->take_events();
}

} // namespace

TEST_CASE("a class is told for the time in which it is large") {
  const auto events = told_of({0, 0.25, 0.5, 0.75, 0}, 0.25);
  REQUIRE(events.size() == 1);
  CHECK(events[0].analyzer == "background_segmentation");
  CHECK(events[0].kind == "area");
  CHECK(events[0].label == "sky");
  CHECK(events[0].start == at(1));
  CHECK(events[0].end == at(3));
  const auto json = to_json(events[0]);
  CHECK(json["attributes"].dump() == R"({"mean_share":0.5,"peak_share":0.75})");
  CHECK(event_from_json(json).value() == events[0]);
}

TEST_CASE("a share around the limit does not flicker") {
  const auto events = told_of({0.26, 0.24, 0.26, 0.13, 0.24, 0.26}, 0.25);
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(5));
}

TEST_CASE("below half of the limit a span ends, and below the limit none begins") {
  const auto events = told_of({0.25, 0.125, 0.12, 0.24, 0.24, 0.25, 0.2}, 0.25);
  REQUIRE(events.size() == 2);
  CHECK(events[0].end == at(1)); // half of it is enough to stay
  CHECK(events[1].start == at(5));
  CHECK(events[1].end == at(6));
}

TEST_CASE("a class that is never large is not told") {
  CHECK(told_of({0.04, 0.049, 0.04}, 0.05).empty());
}

TEST_CASE("classes are told apart, each as soon as it is over") {
  const auto finds = make_area_events({"sky", "sea"}, {.min_share = 0.25});
  finds->see(at(0), {{}, {0.5, 0.5}});
  finds->see(at(1), {{}, {0.0, 1.0}});
  auto events = finds->take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].label == "sky");
  CHECK(events[0].end == at(0));
  finds->finish();
  events = finds->take_events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].label == "sea");
  CHECK(events[0].end == at(1));
}

TEST_CASE("shares that are none are passed over") {
  const double nan_value = std::numeric_limits<double>::quiet_NaN();
  const double infinite = std::numeric_limits<double>::infinity();
  const auto events = told_of({nan_value, 0.5, nan_value, infinite, -infinite, -0.5, 1.5, 0.5}, 0.25);
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(1));
  CHECK(events[0].end == at(7));
  CHECK(to_json(events[0])["attributes"].dump() == R"({"mean_share":0.5,"peak_share":0.5})");
}

TEST_CASE("shares without a name, and names without a share, are nothing") {
  const auto finds = make_area_events({"sky", "sea"}, {.min_share = 0.25});
  finds->see(at(0), {{}, {0.0, 0.0, 1.0}});
  finds->see(at(1), {{}, {0.1}});
  finds->see(at(2), {});
  finds->finish();
  CHECK(finds->take_events().empty());
}
