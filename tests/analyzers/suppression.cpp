#include "analyzers/suppression.hpp"

#include "tests/catch.hpp"

#include <limits>

using namespace timeloom;

namespace {

constexpr float nan_value = std::numeric_limits<float>::quiet_NaN();
constexpr float infinite = std::numeric_limits<float>::infinity();
constexpr float largest = std::numeric_limits<float>::max();

using kept = std::vector<std::size_t>;

scored_box square(float x, float y, float side = 10) {
  return {x, y, x + side, y + side};
}

} // namespace

TEST_CASE("the overlap of boxes is what both cover over what either covers") {
  CHECK(intersection_over_union(square(0, 0), square(0, 0)) == 1);
  CHECK(intersection_over_union(square(0, 0), square(5, 0)) == Approx(50.0 / 150));
  CHECK(intersection_over_union(square(0, 0), square(5, 5)) == Approx(25.0 / 175));
  CHECK(intersection_over_union(square(0, 0), square(2, 2, 5)) == Approx(25.0 / 100)); // contained
  CHECK(intersection_over_union(square(2, 2, 5), square(0, 0)) == Approx(25.0 / 100));
  CHECK(intersection_over_union(square(0, 0), square(10, 0)) == 0); // touching
  CHECK(intersection_over_union(square(0, 0), square(10, 10)) == 0);
  CHECK(intersection_over_union(square(0, 0), square(30, 0)) == 0);
  CHECK(intersection_over_union(box{0, 0, 0.5, 0.5}, box{0.25, 0, 0.5, 0.5}) == Approx(1.0 / 3));
}

TEST_CASE("a box without area or without end overlaps nothing, itself included") {
  for (const auto& broken :
       {scored_box{5, 5, 5, 8}, scored_box{8, 8, 5, 5}, scored_box{nan_value, 0, 10, 10},
        scored_box{0, 0, 10, nan_value}, scored_box{-infinite, 0, 10, 10}, scored_box{0, 0, infinite, 10}}) {
    CHECK(intersection_over_union(broken, broken) == 0);
    CHECK(intersection_over_union(broken, square(0, 0)) == 0);
    CHECK(intersection_over_union(square(0, 0), broken) == 0);
  }
  CHECK(intersection_over_union(box{0, 0, 0, 1}, box{0, 0, 1, 1}) == 0);
  CHECK(intersection_over_union(box{0, 0, 1e-200, 1e-200}, box{0, 0, 1e-200, 1e-200}) == 0); // its area is too small
  const scored_box everywhere{-largest, -largest, largest, largest};
  CHECK(intersection_over_union(everywhere, everywhere) == 1);
}

TEST_CASE("of boxes that overlap the best stays") {
  const std::vector<scored_box> boxes{
      {0, 0, 10, 10, 0.6F, 0}, {1, 0, 11, 10, 0.9F, 0}, {50, 50, 60, 60, 0.7F, 0}, {2, 0, 12, 10, 0.8F, 0}};
  CHECK(suppress(boxes, {.max_overlap = 0.5}) == kept{1, 2});
}

TEST_CASE("boxes that a dropped box covered are kept if no kept one covers them") {
  // Each overlaps its neighbour by 6 of 14, and the one after that by 2 of 18.
  const std::vector<scored_box> boxes{{0, 0, 10, 1, 0.9F}, {4, 0, 14, 1, 0.8F}, {8, 0, 18, 1, 0.7F}};
  CHECK(suppress(boxes, {.max_overlap = 0.4}) == kept{0, 2});
}

TEST_CASE("boxes of other labels do not matter") {
  const std::vector<scored_box> boxes{{0, 0, 10, 10, 0.6F, 0}, {0, 0, 10, 10, 0.9F, 1}, {0, 0, 10, 10, 0.5F, 1}};
  CHECK(suppress(boxes) == kept{1, 0});
}

TEST_CASE("an overlap at the limit is allowed") {
  const std::vector<scored_box> boxes{{0, 0, 10, 10, 0.9F}, {0, 0, 10, 5, 0.8F}};
  CHECK(suppress(boxes, {.max_overlap = 0.5}) == kept{0, 1});
  CHECK(suppress(boxes, {.max_overlap = 0.49}) == kept{0});
}

TEST_CASE("of equal scores the earlier box stays") {
  const std::vector<scored_box> boxes{{0, 0, 10, 10, 0.5F}, {1, 0, 11, 10, 0.5F}};
  CHECK(suppress(boxes) == kept{0});
}

TEST_CASE("no more boxes are kept than wanted, the best of them") {
  std::vector<scored_box> boxes;
  for (int i = 0; i < 10; ++i) {
    boxes.push_back(square(static_cast<float>(20 * i), 0));
    boxes.back().score = static_cast<float>(i) / 10;
  }
  CHECK(suppress(boxes, {.limit = 3}) == kept{9, 8, 7});
  CHECK(suppress(boxes, {.limit = 0}).empty());
  CHECK(suppress({}).empty());
}

TEST_CASE("broken boxes are dropped and cover nothing") {
  const std::vector<scored_box> boxes{
      {0, 0, 10, 10, nan_value}, {0, 0, 10, 10, infinite}, {nan_value, 0, 10, 10, 0.9F}, {0, 0, infinite, 10, 0.9F},
      {5, 5, 5, 5, 0.9F},        {10, 10, 0, 0, 0.9F},     {0, 0, 10, 10, 0.3F}};
  CHECK(suppress(boxes) == kept{6});
}

TEST_CASE("the share that is covered is that of the smaller one") {
  CHECK(covered_share({0.1, 0.1, 0.4, 0.4}, {0.2, 0.2, 0.1, 0.1}) == Approx(1));
  CHECK(covered_share({0.1, 0.1, 0.2, 0.2}, {0.2, 0.1, 0.2, 0.2}) == Approx(0.5));
  CHECK(covered_share({0.1, 0.1, 0.1, 0.1}, {0.5, 0.5, 0.1, 0.1}) == 0);
}
