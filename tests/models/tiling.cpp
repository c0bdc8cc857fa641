#include "models/internvl3/tiling.hpp"

#include "models/bicubic.hpp"
#include "tests/models/fixtures.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace timeloom {

using tests::golden;
using tests::numbers;

namespace {

rgb_picture golden_picture(const std::string& name) {
  const auto& stored = golden("picture/" + name);
  return {static_cast<int>(stored.shape[1]), static_cast<int>(stored.shape[0]), numbers<std::uint8_t>(stored)};
}

/// As formula_picture in make_fixture.py.
rgb_picture formula_picture(int width, int height) {
  rgb_picture made{width, height, {}};
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int channel = 0; channel < 3; ++channel)
        made.pixels.push_back(
            static_cast<std::uint8_t>(((x * 3 + y * 5 + 85 * channel) & 255) ^ ((((x >> 6) + (y >> 6)) & 1) * 255)));
  return made;
}

double level_of(float value, std::size_t channel) {
  constexpr std::array<double, 3> mean{0.485, 0.456, 0.406};
  constexpr std::array<double, 3> deviation{0.229, 0.224, 0.225};
  return (value * deviation[channel] + mean[channel]) * 255;
}

/// The most that the tiles, each `step`th row and column, are off from golden ones, in levels.
double worst_level(const picture_tiles& tiles, const std::string& name, int step) {
  const auto& stored = golden(name);
  const auto levels = numbers<std::uint8_t>(stored);
  const int side = static_cast<int>(stored.shape[2]);
  REQUIRE(stored.shape == std::vector<std::int64_t>{tiles.count, 3, (tiles.side + step - 1) / step, side});
  double worst = 0;
  auto expected = levels.begin();
  for (int tile = 0; tile < tiles.count; ++tile)
    for (int channel = 0; channel < 3; ++channel)
      for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x, ++expected) {
          const auto plane = static_cast<std::ptrdiff_t>(tile) * 3 + channel;
          const auto at = (plane * tiles.side + std::ptrdiff_t{step} * y) * tiles.side + std::ptrdiff_t{step} * x;
          const auto level = level_of(tiles.samples[static_cast<std::size_t>(at)], static_cast<std::size_t>(channel));
          worst = std::max(worst, std::abs(level - *expected));
        }
  return worst;
}

} // namespace

TEST_CASE("the grid is the one that transformers chooses") {
  const auto rows = numbers<std::int32_t>(golden("grids")); // width, height, most, columns, rows
  REQUIRE(rows.size() > 5000);
  for (std::size_t i = 0; i < rows.size(); i += 5) {
    INFO(rows[i] << "x" << rows[i + 1] << ", at most " << rows[i + 2]);
    CHECK(best_grid(rows[i], rows[i + 1], {448, 1, rows[i + 2], true}) == tile_grid{rows[i + 3], rows[i + 4]});
  }
}

TEST_CASE("tiles have the levels of transformers' processor") {
  for (const std::string name : {"wide", "tall", "square", "large"}) {
    INFO(name);
    const auto picture = golden_picture(name);
    const auto tiles = cut_tiles(picture.view(), {56, 1, 12, true});
    REQUIRE(tiles);
    CHECK(worst_level(*tiles, "tiles/" + name, 1) < 1e-3); // the same, where 1 would do
  }
}

TEST_CASE("tiles of the true size have the levels of transformers' processor") {
  for (const std::string name : {"wide", "tall", "large"}) {
    INFO(name);
    const auto tiles = cut_tiles(golden_picture(name).view(), {});
    REQUIRE(tiles);
    CHECK(worst_level(*tiles, "tiles448/" + name, 9) < 1e-3);
  }
  const auto tiles = cut_tiles(formula_picture(1920, 1080).view(), {});
  REQUIRE(tiles);
  CHECK(tiles->count == 9);
  CHECK(worst_level(*tiles, "tiles448/formula_1920x1080", 9) < 1e-3);
}

TEST_CASE("levels are normalised as transformers does") {
  const auto expected = numbers<float>(golden("normalised/square"));
  const auto tiles = cut_tiles(golden_picture("square").view(), {56, 1, 12, true});
  REQUIRE(tiles);
  REQUIRE(tiles->samples.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    REQUIRE(std::abs(tiles->samples[i] - expected[i]) < 1e-6F);
}

TEST_CASE("a picture of one colour stays it at any size, and gaps between rows are no part of it") {
  std::vector<std::uint8_t> pixels(100 * 7, 9);
  for (int y = 0; y < 7; ++y)
    std::fill_n(pixels.begin() + y * 100, 3 * 5, std::uint8_t{200});
  const rgb_view view{pixels.data(), 5, 7, 100};
  for (const auto& [width, height] : {std::pair{1, 1}, std::pair{5, 7}, std::pair{64, 3}, std::pair{2, 90}}) {
    const auto resized = resize_bicubic(view, width, height);
    CHECK(resized.pixels == std::vector<std::uint8_t>(static_cast<std::size_t>(3 * width * height), 200));
  }
}

TEST_CASE("one tile needs no thumbnail, and impossible wishes are refused") {
  const auto picture = formula_picture(64, 64);
  CHECK(cut_tiles(picture.view(), {56, 1, 1, true})->count == 1);
  CHECK(cut_tiles(picture.view(), {56, 2, 2, false})->count == 2);
  CHECK(cut_tiles(picture.view(), {56, 2, 2, true})->count == 3);
  CHECK_FALSE(cut_tiles({}, {}));
  CHECK_FALSE(cut_tiles(picture.view(), {56, 3, 2, true}));
  CHECK_FALSE(cut_tiles(picture.view(), {0, 1, 12, true}));
}

} // namespace timeloom
