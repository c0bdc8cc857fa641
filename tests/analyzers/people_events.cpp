#include "analyzers/people_events.hpp"

#include "tests/catch.hpp"
#include "timeline/event_json.hpp"

#include <nlohmann/json.hpp>

using namespace timeloom;

namespace {

frame_position at(int picture) { // 3 Hz
  return {picture * 10, from_seconds(picture / 3.0)};
}

person_sighting person(double x, double score = 0.6, bool moved = true) {
  return {{x, 0.2, 0.1, 0.6}, score, moved, {}};
}

std::vector<event> events_of(people_events& people) {
  people.finish();
  return people.take_events();
}

person_appearance striped(int period) {
  person_appearance appearance;
  for (std::size_t i = 0; i < appearance.luma.size(); ++i)
    appearance.luma[i] = static_cast<int>(i) / period % 2 == 0 ? 40 : 200;
  return appearance;
}

} // namespace

TEST_CASE("a person who walks through is told once") {
  people_events people{{}};
  for (int i = 0; i < 9; ++i) {
    people.see(at(i), {{person(0.05 + 0.08 * i, i == 4 ? 0.9 : 0.5)}});
    CHECK(people.take_events().empty());
  }
  const auto events = events_of(people);
  REQUIRE(events.size() == 1);
  CHECK(events[0].analyzer == "object_detection");
  CHECK(events[0].kind == "object");
  CHECK(events[0].label == "person");
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(8));
  CHECK(events[0].score == 0.9);
  CHECK(events[0].track == 1);
  CHECK(to_json(events[0]).at("attributes").at("sightings") == 9);
  CHECK(to_json(events[0]).at("attributes").at("path").size() == 9);
}

TEST_CASE("what never moves after it was first seen is no person") {
  people_events people{{}};
  for (int i = 0; i < 20; ++i)
    people.see(at(i), {{person(0.3, 0.9, i == 0)}});
  CHECK(events_of(people).empty());
}

TEST_CASE("what is seen twice is no person") {
  people_events people{{}};
  people.see(at(0), {{person(0.3, 0.99)}});
  people.see(at(1), {{person(0.3, 0.99)}});
  CHECK(events_of(people).empty());
}

TEST_CASE("somebody who is seen in parts for a while is counted once") {
  people_events people{{}};
  const person_sighting arm{{0.33, 0.3, 0.04, 0.2}, 0.5, true, {}};
  for (int i = 0; i < 20; ++i)
    people.see(at(i), {{i >= 6 && i < 12 ? arm : person(0.3)}});
  const auto events = events_of(people);
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0));
  CHECK(events[0].end == at(19));
  CHECK(to_json(events[0]).at("attributes").at("sightings") == 20);
}

TEST_CASE("a path leaves out sightings of parts, and has one place at a time") {
  people_events people{{}};
  const person_sighting legs{{0.32, 0.6, 0.06, 0.2}, 0.5, true, {}};
  people.see(at(0), {{legs}});
  for (int i = 1; i < 20; ++i)
    people.see(at(i), {{i >= 8 && i < 11 ? legs : person(0.3)}});
  const auto events = events_of(people);
  REQUIRE(events.size() == 1);
  CHECK(events[0].start == at(0));
  const auto path = to_json(events[0]).at("attributes").at("path");
  CHECK(path.size() == 16);
  double before = -1;
  for (const auto& point : path) {
    CHECK(point.at(0).get<double>() > before);
    before = point.at(0);
    CHECK(point.at(4) == 0.6);
  }
}

TEST_CASE("somebody who comes near is followed from far") {
  people_events people{{}};
  for (int i = 0; i < 20; ++i) {
    const double height = 0.1 + 0.04 * i;
    people.see(at(i), {{{{0.5 - height / 6, 0.95 - height, height / 3, height}, 0.6, true, {}}}});
  }
  const auto events = events_of(people);
  REQUIRE(events.size() == 1);
  CHECK(to_json(events[0]).at("attributes").at("path").size() == 20);
}

TEST_CASE("two who were seen side by side stay two when one walks behind the other") {
  people_events people{{}};
  for (int i = 0; i < 16; ++i) {
    const double other = 0.8 - 0.05 * i;
    std::vector<person_sighting> seen{person(0.4)};
    if (std::abs(other - 0.4) > 0.06)
      seen.push_back(person(other));
    people.see(at(i), seen);
  }
  CHECK(events_of(people).size() == 2);
}

TEST_CASE("somebody who has left is not gone on with") {
  people_events people{{}};
  for (int i = 0; i < 5; ++i)
    people.see(at(i), {{person(0.3)}});
  const auto followed = people.followed(at(5).time);
  REQUIRE(followed.size() == 1);
  people.leave(followed[0].number);
  for (int i = 5; i < 10; ++i)
    people.see(at(i), {{person(0.3)}});
  CHECK(events_of(people).size() == 2);
}

TEST_CASE("people are followed with how they were seen last and how well they mostly are") {
  people_events people{{}};
  for (int i = 0; i < 6; ++i)
    people.see(at(i), {{person(0.3, 0.8)}});
  people.see(at(6), {});
  const auto followed = people.followed(at(7).time);
  REQUIRE(followed.size() == 1);
  CHECK_FALSE(followed[0].in_sight);
  CHECK(followed[0].typical_score == Approx(0.8));
  CHECK(followed[0].last.area == person(0.3).area);
}

TEST_CASE("the similarity of appearances does not depend on light") {
  const auto one = striped(3);
  auto brighter = one;
  for (auto& sample : brighter.luma)
    sample = static_cast<std::uint8_t>(sample / 2 + 100);
  CHECK(one.similarity(one) == Approx(1));
  CHECK(one.similarity(brighter) == Approx(1).margin(1e-3));
  CHECK(std::abs(one.similarity(striped(12))) < 0.2);
  CHECK(one.similarity({}) == 0);
}
