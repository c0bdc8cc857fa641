#include "analyzers/shot_picture.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace timeloom {
namespace {

/// Block means of `from` as a (height, width) plane; a smaller picture repeats its samples.
void box_reduce(const plane_view& from, std::uint8_t* to, int width, int height) {
  // 16 bits hold the sums of 257 rows; `small_frame` keeps a block far below that, and a taller one skips rows.
  thread_local std::vector<std::uint16_t> sums;
  sums.resize(static_cast<std::size_t>(from.width));
  for (int y = 0; y < height; ++y) {
    const int top = static_cast<int>(static_cast<std::int64_t>(y) * from.height / height);
    const int bottom = std::max(top + 1, static_cast<int>(static_cast<std::int64_t>(y + 1) * from.height / height));
    const int rows = std::min(bottom - top, 256);
    std::fill(sums.begin(), sums.end(), std::uint16_t{0});
    for (int r = 0; r < rows; ++r) {
      const std::uint8_t* line = from.row(top + r);
      std::uint16_t* sum = sums.data();
      for (int x = 0; x < from.width; ++x)
        sum[x] = static_cast<std::uint16_t>(sum[x] + line[x]);
    }
    for (int x = 0; x < width; ++x) {
      const int left = static_cast<int>(static_cast<std::int64_t>(x) * from.width / width);
      const int right = std::max(left + 1, static_cast<int>(static_cast<std::int64_t>(x + 1) * from.width / width));
      std::uint32_t sum = 0;
      for (int c = left; c < right; ++c)
        sum += sums[static_cast<std::size_t>(c)];
      const auto area = static_cast<std::uint32_t>(rows * (right - left));
      to[y * width + x] = static_cast<std::uint8_t>((sum + area / 2) / area);
    }
  }
}

void fill_textures(shot_picture& picture) {
  for (int by = 0; by < shot_picture::blocks_y; ++by) {
    for (int bx = 0; bx < shot_picture::blocks_x; ++bx) {
      const std::uint8_t* at = picture.luma.data() +
                               (shot_picture::block_top + by * shot_picture::block) * shot_picture::width +
                               bx * shot_picture::block;
      int sum = 0;
      for (int y = 0; y < shot_picture::block; ++y)
        for (int x = 0; x < shot_picture::block; ++x)
          sum += at[y * shot_picture::width + x];
      const int mean = (sum + 32) / 64;
      int deviation = 0;
      for (int y = 0; y < shot_picture::block; ++y)
        for (int x = 0; x < shot_picture::block; ++x)
          deviation += std::abs(at[y * shot_picture::width + x] - mean);
      picture.texture[static_cast<std::size_t>(by * shot_picture::blocks_x + bx)] = static_cast<float>(deviation) / 64;
    }
  }
}

void fill_moments(shot_picture& picture) {
  std::int64_t sum = 0;
  std::int64_t squares = 0;
  std::int64_t steps = 0;
  for (int y = 0; y < shot_picture::height; ++y) {
    const std::uint8_t* row = picture.luma.data() + y * shot_picture::width;
    int row_sum = 0;
    int row_squares = 0;
    int row_steps = 0;
    for (int x = 0; x < shot_picture::width; ++x) {
      row_sum += row[x];
      row_squares += row[x] * row[x];
    }
    for (int x = 0; x + 1 < shot_picture::width; ++x)
      row_steps += std::abs(row[x + 1] - row[x]);
    if (y + 1 < shot_picture::height)
      for (int x = 0; x < shot_picture::width; ++x)
        row_steps += std::abs(row[x + shot_picture::width] - row[x]);
    sum += row_sum;
    squares += row_squares;
    steps += row_steps;
  }
  constexpr double count = shot_picture::width * shot_picture::height;
  const double mean = static_cast<double>(sum) / count;
  picture.mean = static_cast<float>(mean);
  picture.deviation = static_cast<float>(std::sqrt(std::max(0.0, static_cast<double>(squares) / count - mean * mean)));
  picture.detail = static_cast<float>(static_cast<double>(steps) / (2 * count));
}

} // namespace

void reduce(const small_frame& frame, shot_picture& out) {
  constexpr int half_small_width = shot_picture::small_width / 2;
  constexpr int half_small_height = shot_picture::small_height / 2;
  out.at = frame.at;
  box_reduce(frame.luma, out.luma.data(), shot_picture::width, shot_picture::height);
  const plane_view luma{out.luma.data(), shot_picture::width, shot_picture::height, shot_picture::width};
  box_reduce(luma, out.half.data(), shot_picture::half_width, shot_picture::half_height);
  std::array<std::uint8_t, shot_picture::small_width * shot_picture::small_height> small{};
  box_reduce(luma, small.data(), shot_picture::small_width, shot_picture::small_height);
  std::size_t at = 0;
  for (const std::uint8_t sample : small)
    out.mix[at++] = static_cast<std::int16_t>(sample - 128);
  const auto chroma = [&](const plane_view& from, auto& to) {
    if (from.data == nullptr || from.width == 0 || from.height == 0) {
      to.fill(128);
    } else {
      box_reduce(from, to.data(), shot_picture::small_width, shot_picture::small_height);
    }
    for (int y = 0; y < half_small_height; ++y) {
      for (int x = 0; x < half_small_width; ++x) {
        const std::uint8_t* quad = to.data() + 2 * y * shot_picture::small_width + 2 * x;
        const int sum = quad[0] + quad[1] + quad[shot_picture::small_width] + quad[shot_picture::small_width + 1];
        out.mix[at++] = static_cast<std::int16_t>((sum + 2) / 4 - 128);
      }
    }
  };
  chroma(frame.cb, out.cb);
  chroma(frame.cr, out.cr);
  fill_textures(out);
  fill_moments(out);
}

} // namespace timeloom
