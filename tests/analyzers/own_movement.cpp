#include "analyzers/own_movement.hpp"

#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

/// A wall as a camera that has gone `right` pixels shows it, and a block in front of it.
plane wall_from(double right, int block_left) {
  plane picture(480, 270);
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      picture.row(y)[x] =
          static_cast<std::uint8_t>(wall_luma(static_cast<float>(x + right) / 2, static_cast<float>(y) / 2, 3));
  for (int y = 90; y < 180; ++y)
    std::fill(picture.row(y) + block_left, picture.row(y) + block_left + 60, std::uint8_t{245});
  return picture;
}

constexpr box wall{0.6, 0.1, 0.2, 0.8};

} // namespace

TEST_CASE("nothing has moved in the first picture, nor in one that is the same") {
  own_movement movement;
  movement.see(wall_from(0, 120).view());
  CHECK(movement.share({0, 0, 1, 1}) == 0);
  movement.see(wall_from(0, 120).view());
  CHECK(movement.share({0, 0, 1, 1}) == 0);
}

TEST_CASE("what goes along with the camera has not moved, what goes its own way has") {
  own_movement movement;
  double camera = 0;
  movement.see(wall_from(camera, 240).view());
  for (int i = 1; i <= 4; ++i) {
    camera += 9.5;
    const int fixed_to_the_wall = 240 - static_cast<int>(camera);
    movement.see(wall_from(camera, fixed_to_the_wall).view());
    CHECK(movement.share(wall) < 0.01);
    CHECK(movement.share({fixed_to_the_wall / 480.0 - 0.05, 0.3, 0.22, 0.4}) < 0.05);
  }
  camera += 9.5;
  movement.see(wall_from(camera, 180).view()); // 22 pixels farther than the wall
  CHECK(movement.share(wall) < 0.01);
  CHECK(movement.share({160 / 480.0, 1 / 3.0, 100 / 480.0, 1 / 3.0}) > 0.2);
}

TEST_CASE("the only thing in an empty room moves, not the camera") {
  own_movement movement;
  for (const int left : {100, 130}) {
    plane picture(480, 270);
    for (int y = 0; y < picture.height(); ++y)
      for (int x = 0; x < picture.width(); ++x)
        picture.row(y)[x] =
            x >= left && x < left + 90 && y >= 60 && y < 240
                ? static_cast<std::uint8_t>(wall_luma(static_cast<float>(x - left), static_cast<float>(y), 5))
                : 120;
    movement.see(picture.view());
  }
  CHECK(movement.share({120 / 480.0, 60 / 270.0, 100 / 480.0, 180 / 270.0}) > 0.3);
}

TEST_CASE("before a camera that stands, small changes count") {
  own_movement movement;
  movement.see(wall_from(0, 120).view());
  movement.see(wall_from(0, 124).view());
  CHECK(movement.share({110 / 480.0, 1 / 3.0, 90 / 480.0, 1 / 3.0}) > 0.03);
  CHECK(movement.share(wall) == 0);
}
