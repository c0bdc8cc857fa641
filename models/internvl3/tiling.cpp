#include "models/internvl3/tiling.hpp"

#include "models/bicubic.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace timeloom {

namespace {

/// For each channel the normalised value of each level.
const std::array<std::array<float, 256>, 3>& normalised_levels() {
  static const auto table = [] {
    constexpr std::array<float, 3> mean{0.485F, 0.456F, 0.406F};
    constexpr std::array<float, 3> deviation{0.229F, 0.224F, 0.225F};
    std::array<std::array<float, 256>, 3> made{};
    for (std::size_t channel = 0; channel < 3; ++channel)
      for (std::size_t level = 0; level < 256; ++level)
        made[channel][level] = (static_cast<float>(level) - mean[channel] * 255.0F) / (deviation[channel] * 255.0F);
    return made;
  }();
  return table;
}

/// Writes the tile of `picture` whose upper left corner is at `left`, `top`, as three planes.
void write_tile(const rgb_picture& picture, int left, int top, int side, float* out) {
  const auto& levels = normalised_levels();
  const auto plane = static_cast<std::ptrdiff_t>(side) * side;
  for (int y = 0; y < side; ++y) {
    const auto* sample = picture.view().row(top + y) + std::ptrdiff_t{3} * left;
    float* const row = out + static_cast<std::ptrdiff_t>(y) * side;
    for (int x = 0; x < side; ++x, sample += 3) {
      row[x] = levels[0][sample[0]];
      row[x + plane] = levels[1][sample[1]];
      row[x + 2 * plane] = levels[2][sample[2]];
    }
  }
}

} // namespace

tile_grid best_grid(int width, int height, const tiling_options& options) {
  std::vector<tile_grid> grids;
  for (int columns = 1; columns <= options.most; ++columns)
    for (int rows = 1; rows <= options.most / columns; ++rows)
      if (columns * rows >= options.least)
        grids.push_back({columns, rows});
  std::stable_sort(grids.begin(), grids.end(),
                   [](const auto& a, const auto& b) { return a.columns * a.rows < b.columns * b.rows; });
  const double ratio = static_cast<double>(width) / height;
  const double area = static_cast<double>(width) * height;
  double nearest = std::numeric_limits<double>::infinity();
  tile_grid best;
  for (const auto& grid : grids) {
    const double distance = std::abs(ratio - static_cast<double>(grid.columns) / grid.rows);
    const double half = 0.5 * options.side * options.side * grid.columns * grid.rows;
    if (distance < nearest || (distance == nearest && area > half)) {
      nearest = distance;
      best = grid;
    }
  }
  return best;
}

expected<picture_tiles> cut_tiles(const rgb_view& picture, const tiling_options& options) {
  if (picture.width < 1 || picture.height < 1)
    return fail(errc::invalid_argument, "a picture of {}x{} cannot be cut into tiles", picture.width, picture.height);
  if (options.side < 1 || options.side > 4096 || options.least < 1 || options.most < options.least || options.most > 64)
    return fail(errc::invalid_argument, "{} to {} tiles with a side of {} are impossible", options.least, options.most,
                options.side);
  const auto grid = best_grid(picture.width, picture.height, options);
  const int cut = grid.columns * grid.rows;
  const bool thumbnail = options.thumbnail && cut > 1;
  const auto tile_size =
      std::size_t{3} * static_cast<std::size_t>(options.side) * static_cast<std::size_t>(options.side);
  picture_tiles made{cut + (thumbnail ? 1 : 0), options.side, {}};
  made.samples.resize(tile_size * static_cast<std::size_t>(made.count));
  auto* out = made.samples.data();
  const auto resized = resize_bicubic(picture, grid.columns * options.side, grid.rows * options.side);
  for (int tile = 0; tile < cut; ++tile, out += tile_size)
    write_tile(resized, tile % grid.columns * options.side, tile / grid.columns * options.side, options.side, out);
  if (thumbnail)
    write_tile(resize_bicubic(picture, options.side, options.side), 0, 0, options.side, out);
  return made;
}

} // namespace timeloom
