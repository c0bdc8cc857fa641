#include "analyzers/reading_worth.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("of many readings of a line the best stay") {
  const auto said = [](const char* words, double confidence) {
    return reading_of({{words, 0, 100, confidence, true}}, 100);
  };
  std::vector<line_reading> readings{said("Mallow", 0.85), said("Hello", 0.95), said("Fellow", 0.7),
                                     said("Hallo", 0.92)};
  keep_best(readings, 4);
  CHECK(readings[0].text == "Mallow");
  keep_best(readings, 3);
  REQUIRE(readings.size() == 3);
  CHECK(readings[0].text == "Hello");
  CHECK(readings[1].text == "Hallo");
  CHECK(readings[2].text == "Mallow");
}
