#include "analyzers/text_regions.hpp"

#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

constexpr double sure = 40; // from which on lines are read at once

std::vector<text_region> sure_regions(const drawn_text& picture) {
  auto regions = find_text_regions(picture.view());
  std::erase_if(regions, [](const text_region& region) { return region.likelihood < sure; });
  return regions;
}

void check_near(const pixel_box& area, const pixel_box& expected, int slack) {
  CHECK(std::abs(area.left - expected.left) <= slack);
  CHECK(std::abs(area.top - expected.top) <= slack);
  CHECK(std::abs(area.left + area.width - expected.left - expected.width) <= slack);
  CHECK(std::abs(area.top + area.height - expected.top - expected.height) <= slack);
}

} // namespace

TEST_CASE("a line is found with its box, its height and which is lighter") {
  const auto light = sure_regions(drawn_text(640, 360, 60).write("HELD BY TWO HANDS", 100, 200, 20, 230));
  REQUIRE(light.size() == 1);
  check_near(light[0].area, {100, 180, 320, 20}, 12);
  CHECK(light[0].letter_px == Approx(21).margin(3));
  CHECK(light[0].light);
  const auto dark = sure_regions(drawn_text(640, 360, 200).write("HELD BY TWO HANDS", 100, 200, 20, 10));
  REQUIRE(dark.size() == 1);
  check_near(dark[0].area, light[0].area, 3);
  CHECK_FALSE(dark[0].light);
}

TEST_CASE("letters from a few pixels to a quarter of the picture are found") {
  for (const int height : {9, 14, 30, 60, 90}) {
    const auto regions = sure_regions(drawn_text(1280, 720, 40).write("STATION", 60, 400, height, 220));
    INFO(height << " px");
    REQUIRE(regions.size() == 1);
    CHECK(regions[0].letter_px == Approx(height).epsilon(0.2).margin(2));
  }
}

TEST_CASE("two lines are two regions, and words of a line are one") {
  drawn_text picture{640, 360, 60};
  picture.write("first   line", 100, 150, 20, 230).write("second line", 100, 190, 20, 230);
  CHECK(sure_regions(picture).size() == 2);
}

TEST_CASE("words that climb like stairs are not all of one line") {
  drawn_text picture{640, 360, 60};
  picture.write("HELD BY", 40, 200, 20, 230);
  for (int step = 1; step <= 4; ++step)
    picture.write("ON", 115 + 75 * step, 200 - 5 * step, 20, 230);
  for (const auto& region : sure_regions(picture))
    CHECK(region.area.height <= 36);
}

TEST_CASE("a line with a shadow is one region over light and dark at once") {
  drawn_text picture{854, 480, 60};
  picture.pixels.colRange(0, 420).setTo(225);
  picture.write("Letters", 182, 302, 20, 10).write("over light and dark", 312, 302, 20, 10);
  picture.write("Letters", 180, 300, 20, 235).write("over light and dark", 310, 300, 20, 235);
  const auto regions = sure_regions(picture);
  REQUIRE(regions.size() == 1);
  check_near(regions[0].area, {180, 280, 420, 25}, 20);
  CHECK(regions[0].either);
}

TEST_CASE("a subtitle with outlines is found whatever is behind it") {
  auto picture = drawn_text::over_wall(854, 480);
  picture.write("You will never find it", 250, 440, 15, 235, 16);
  const auto regions = sure_regions(picture);
  REQUIRE(!regions.empty());
  CHECK(regions[0].light);
  check_near(regions[0].area, {250, 425, 250, 20}, 20);
}

TEST_CASE("a textured picture without text has no likely line") {
  CHECK(sure_regions(drawn_text::over_wall(854, 480)).empty());
  CHECK(sure_regions(drawn_text::over_wall(854, 480, 5000)).empty());
}

TEST_CASE("a line cut by the lower edge is none") {
  CHECK(sure_regions(drawn_text(640, 360, 60).write("HALF OF IT", 100, 368, 20, 230)).empty());
}

TEST_CASE("pictures too small for text have none") {
  CHECK(find_text_regions(drawn_text(16, 16, 60).view()).empty());
  CHECK(find_text_regions(drawn_text(1, 1, 60).view()).empty());
}
