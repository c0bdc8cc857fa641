#include "analyzers/sampling_clock.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace timeloom;

namespace {

std::vector<int> picked(double rate_hz, const std::vector<double>& times_s) {
  sampling_clock clock{rate_hz};
  std::vector<int> frames;
  for (std::size_t i = 0; i < times_s.size(); ++i)
    if (clock.picks(from_seconds(times_s[i])))
      frames.push_back(static_cast<int>(i));
  return frames;
}

} // namespace

TEST_CASE("a rate picks the first frame at or after each tick") {
  CHECK(picked(1, {0, 0.4, 0.8, 1.2, 1.6, 2.0, 2.4}) == std::vector<int>{0, 3, 5});
}

TEST_CASE("a gap in the frames skips ticks instead of catching up") {
  CHECK(picked(2, {0, 3.1, 3.2, 3.6}) == std::vector<int>{0, 1, 3});
}

TEST_CASE("frames at the rate itself are all picked, though their times are rounded") {
  std::vector<double> times;
  std::vector<int> all;
  for (int i = 0; i < 1000; ++i) {
    times.push_back(i * 1001 / 30000.0);
    all.push_back(i);
  }
  CHECK(picked(30000.0 / 1001, times) == all);
}

TEST_CASE("a rate of zero picks every frame") {
  CHECK(picked(0, {0, 0.01, 0.02}) == std::vector<int>{0, 1, 2});
}
