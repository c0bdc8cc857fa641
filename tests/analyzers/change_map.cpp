#include "analyzers/change_map.hpp"

#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <numeric>

using namespace timeloom;

namespace {

constexpr box everything{0, 0, 1, 1};

plane wall(int seed) {
  plane picture(640, 360);
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      picture.row(y)[x] = static_cast<std::uint8_t>(
          wall_luma(static_cast<float>(x) / 4, static_cast<float>(y) / 4, static_cast<std::uint32_t>(seed)));
  return picture;
}

void draw_block(plane& picture, int left, int top, int side) {
  for (int y = top; y < top + side; ++y)
    std::fill(picture.row(y) + left, picture.row(y) + left + side, std::uint8_t{250});
}

} // namespace

TEST_CASE("the first picture has changed everywhere") {
  change_map map;
  map.see(wall(1).view());
  CHECK(map.is_another_shot());
  CHECK(map.changed_share(everything) == 1);
  REQUIRE(map.changes().size() == 1);
  CHECK(map.changes()[0] == everything);
}

TEST_CASE("what was looked at and stays the same has not changed, noise included") {
  change_map map;
  auto picture = wall(1);
  map.see(picture.view());
  map.look(everything);
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      picture.row(y)[x] = static_cast<std::uint8_t>(picture.row(y)[x] + 12 * noise_at(x, y, 5));
  map.see(picture.view());
  CHECK_FALSE(map.is_another_shot());
  CHECK(map.changed_share(everything) == 0);
  CHECK(map.changes().empty());
}

TEST_CASE("a thing that appears is one change, until it was looked at") {
  change_map map;
  auto picture = wall(1);
  map.see(picture.view());
  map.look(everything);
  draw_block(picture, 160, 90, 80); // 1/4 of the width from the left, 1/4 of the height from the top
  map.see(picture.view());
  REQUIRE(map.changes().size() == 1);
  const auto change = map.changes()[0];
  CHECK(change.x == Approx(0.25).margin(0.03));
  CHECK(change.y == Approx(0.25).margin(0.04));
  CHECK(change.width == Approx(0.125).margin(0.05));
  CHECK(map.changed_share({0.26, 0.26, 0.1, 0.18}) > 0.8);
  CHECK(map.changed_share({0.6, 0.6, 0.2, 0.2}) == 0);
  map.see(picture.view());
  CHECK(map.changes().size() == 1);
  map.look(change);
  map.see(picture.view());
  CHECK(map.changes().empty());
}

TEST_CASE("what came and went without being looked at is still a change") {
  change_map map;
  const auto empty = wall(1);
  map.see(empty.view());
  map.look(everything);
  auto passing = empty;
  draw_block(passing, 160, 90, 80);
  map.see(passing.view());
  map.see(empty.view());
  CHECK(map.changes().size() == 1);
}

TEST_CASE("slow drift is seen once it has gone far enough") {
  change_map map;
  auto picture = wall(1);
  map.see(picture.view());
  map.look(everything);
  int pictures = 0;
  while (map.changed_share(everything) == 0 && pictures < 50) {
    ++pictures;
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x)
        picture.row(y)[x] = static_cast<std::uint8_t>(std::min(255, picture.row(y)[x] + 1));
    map.see(picture.view());
  }
  CHECK(pictures > 5);
  CHECK(pictures < 15);
}

TEST_CASE("another shot changes everything, and so does another size") {
  change_map map;
  map.see(wall(1).view());
  map.look(everything);
  map.see(wall(77).view());
  CHECK(map.is_another_shot());
  CHECK(map.changed_share(everything) == 1);
  map.look(everything);
  plane small(320, 180);
  for (int y = 0; y < small.height(); ++y)
    std::fill(small.row(y), small.row(y) + small.width(), std::uint8_t{90});
  map.see(small.view());
  CHECK(map.is_another_shot());
}

TEST_CASE("places outside of the picture have not changed") {
  change_map map;
  map.see(wall(1).view());
  CHECK(map.changed_share({1.2, 0, 0.5, 0.5}) == 0);
  CHECK(map.changed_share({0.5, 0.5, 0, 0}) == 0);
  map.look({-3, -3, 1, 1});
}
