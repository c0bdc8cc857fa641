#include "analyzers/shot_sketch.hpp"

#include "tests/catch.hpp"

#include <array>

using namespace timeloom;

namespace {

using color = std::array<std::uint8_t, 3>; // blue, green, red

constexpr color dark{20, 20, 20}, light{220, 220, 220}, blue{220, 20, 20}, red{20, 20, 220};

/// A picture whose left and right halves have these colors, with a square of `thing` a quarter of its height large.
struct drawn {
  drawn(color left, color right, int width = 64, int height = 36, color thing = {}, int thing_x = -1)
      : size{width, height} {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < width; ++x) {
        const bool in_thing = thing_x >= 0 && x >= thing_x && x < thing_x + height / 4 && y < height / 4;
        const auto& pixel = in_thing ? thing : x < width / 2 ? left : right;
        pixels.insert(pixels.end(), pixel.begin(), pixel.end());
      }
  }

  picture_size size;
  std::vector<std::uint8_t> pixels;
};

bool is_cut(const drawn& before, const drawn& after) {
  const auto sketch = [](const drawn& of) { return shot_sketch{{{}, of.size, sample_format::bgr24, of.pixels}}; };
  const bool there = sketch(after).is_of_another_shot(sketch(before));
  CHECK(there == sketch(before).is_of_another_shot(sketch(after)));
  return there;
}

} // namespace

TEST_CASE("a picture is of the shot of one that is alike, whatever its light") {
  CHECK_FALSE(is_cut({dark, light}, {dark, light}));
  CHECK_FALSE(is_cut({dark, light}, {{40, 40, 40}, {120, 120, 120}}));
  CHECK_FALSE(is_cut({dark, light}, {dark, light, 64, 36, red, 12}));
  CHECK_FALSE(is_cut({dark, light, 64, 36, red, 12}, {dark, light, 64, 36, red, 50}));
}

TEST_CASE("a picture of other colors or places is of another shot") {
  CHECK(is_cut({dark, light}, {light, dark}));
  // Deviations (of blue, green, red; left, right) from the mean 86.67: 133, -67, -67, -67, -67, 133, and with the
  // colors changed -67, -67, 133, 133, -67, -67: correlation -0.5, while the brightness of both is the same everywhere.
  CHECK(is_cut({blue, red}, {red, blue}));
}

TEST_CASE("a picture of one color is of the shot of others like it, and of no other") {
  CHECK_FALSE(is_cut({dark, dark}, {light, light}));
  CHECK(is_cut({dark, dark}, {dark, light}));
}

TEST_CASE("a picture of another shape is of another shot, and any size will do") {
  CHECK(is_cut({dark, light}, {dark, light, 36, 64}));
  CHECK_FALSE(is_cut({dark, light}, {dark, light, 640, 360}));
  CHECK_FALSE(is_cut({dark, light, 2, 1}, {dark, light, 2, 1}));
  CHECK(is_cut({dark, light, 2, 1}, {light, dark, 2, 1}));
}
