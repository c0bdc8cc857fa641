#include "media/block_mean.hpp"

#include "tests/catch.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

namespace timeloom {

namespace {

int level_at(const stored_plane& source, int x, int y) {
  const auto* row = source.data + y * source.stride_bytes;
  if (source.depth == 8)
    return row[x * source.step];
  std::uint16_t level = 0;
  std::memcpy(&level, row + 2 * x * source.step, 2);
  return level;
}

double naive_mean(const stored_plane& source, int x0, int y0, int block_width, int block_height) {
  double sum = 0;
  int count = 0;
  for (int y = y0; y < std::min(y0 + block_height, source.height); ++y)
    for (int x = x0; x < std::min(x0 + block_width, source.width); ++x, ++count)
      sum += level_at(source, x, y);
  return sum / count / std::pow(2, source.depth - 8);
}

} // namespace

TEST_CASE("a block's mean is the mean of its samples, for all sizes, depths and layouts") {
  std::mt19937 random{7};
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution{low, high}(random); };
  std::vector<std::uint32_t> scratch;
  plane reduced;
  for (int round = 0; round < 400; ++round) {
    stored_plane source;
    source.depth = std::array{8, 8, 8, 9, 10, 12, 16}.at(static_cast<std::size_t>(pick(0, 6)));
    source.step = pick(1, 2);
    source.width = pick(1, 300);
    source.height = pick(1, 100);
    const int bytes = source.depth > 8 ? 2 : 1;
    source.stride_bytes = (source.width * source.step + pick(0, 9)) * bytes;
    const int block_width = pick(0, 3) == 0 ? pick(1, 256) : pick(1, 17);
    const int block_height = pick(0, 3) == 0 ? pick(1, 256) : pick(1, 17);
    const level_map levels = pick(0, 1) == 0 ? level_map{} : level_map{255.0 / 219, -16 * 255.0 / 219};
    // Exactly as long as the plane needs, so that a sanitizer sees every read beyond it.
    std::vector<std::uint8_t> samples(static_cast<std::size_t>(source.stride_bytes * (source.height - 1) +
                                                               ((source.width - 1) * source.step + 1) * bytes));
    const bool bright = pick(0, 4) == 0;
    for (std::size_t i = 0; i + static_cast<std::size_t>(bytes) <= samples.size();
         i += static_cast<std::size_t>(bytes)) {
      const int top = (1 << source.depth) - 1;
      const auto level = static_cast<std::uint16_t>(bright ? top : pick(0, top));
      std::memcpy(&samples[i], &level, static_cast<std::size_t>(bytes));
    }
    source.data = samples.data();
    block_mean(source, block_width, block_height, levels, reduced, scratch);
    CAPTURE(source.depth, source.step, source.width, source.height, block_width, block_height, bright);
    REQUIRE(reduced.width() == (source.width + block_width - 1) / block_width);
    REQUIRE(reduced.height() == (source.height + block_height - 1) / block_height);
    double worst = 0;
    for (int y = 0; y < reduced.height(); ++y)
      for (int x = 0; x < reduced.width(); ++x) {
        const double mean = naive_mean(source, x * block_width, y * block_height, block_width, block_height);
        const double wanted = std::clamp(mean * levels.gain + levels.bias, 0.0, 255.0);
        worst = std::max(worst, std::abs(wanted - reduced.row(y)[x]));
      }
    CHECK(worst <= 0.52);
  }
}

TEST_CASE("rows that run upwards in memory are read upwards") {
  const std::vector<std::uint8_t> samples{10, 10, 200, 200};
  std::vector<std::uint32_t> scratch;
  plane reduced;
  block_mean({samples.data() + 2, 2, 2, -2, 8, 1}, 2, 1, {}, reduced, scratch);
  CHECK(reduced.row(0)[0] == 200);
  CHECK(reduced.row(1)[0] == 10);
}

} // namespace timeloom
