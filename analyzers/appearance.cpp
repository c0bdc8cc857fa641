#include "analyzers/appearance.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace timeloom {

namespace {

constexpr double blank_share = 0.985; // of the pixels: a watermark or a station's logo may stand on black
constexpr std::uint8_t darkest = 30;
constexpr std::uint8_t brightest = 235;

struct soft_bin {
  int low;
  float share_of_next;
};

soft_bin soft_bin_at(float place, int bins) {
  const int low = std::clamp(static_cast<int>(place), 0, bins - 2);
  return {low, std::clamp(place - static_cast<float>(low), 0.0F, 1.0F)};
}

std::array<soft_bin, 256> luma_table() {
  std::array<soft_bin, 256> table{};
  for (int value = 0; value < 256; ++value)
    table[static_cast<std::size_t>(value)] =
        soft_bin_at(static_cast<float>(value) / 255 * (appearance::luma_bins - 1), appearance::luma_bins);
  return table;
}

std::array<soft_bin, 256> chroma_table() {
  std::array<soft_bin, 256> table{};
  for (int value = 0; value < 256; ++value) {
    const float from_gray = static_cast<float>(value - 128) / 128;
    const float spread = std::copysign(std::sqrt(std::abs(from_gray)), from_gray);
    table[static_cast<std::size_t>(value)] =
        soft_bin_at((spread + 1) / 2 * (appearance::chroma_bins - 1), appearance::chroma_bins);
  }
  return table;
}

} // namespace

void appearance::add(const appearance& other) {
  for (std::size_t i = 0; i < bins.size(); ++i)
    bins[i] += other.bins[i];
  weight += other.weight;
}

appearance appearance_of(const frame_grid& grid) {
  static const auto lumas = luma_table();
  static const auto chromas = chroma_table();
  appearance found;
  if (grid.pixels.empty())
    return found;
  const float each = 1.0F / static_cast<float>(grid.pixels.size());
  for (const auto& pixel : grid.pixels) {
    const auto y = lumas[pixel[0]];
    const auto cb = chromas[pixel[1]];
    const auto cr = chromas[pixel[2]];
    for (int i = 0; i < 2; ++i) {
      const float y_share = each * (i == 0 ? 1 - y.share_of_next : y.share_of_next);
      for (int j = 0; j < 2; ++j) {
        const float share = y_share * (j == 0 ? 1 - cb.share_of_next : cb.share_of_next);
        auto* bin = &found.bins[static_cast<std::size_t>(
            ((y.low + i) * appearance::chroma_bins + cb.low + j) * appearance::chroma_bins + cr.low)];
        bin[0] += share * (1 - cr.share_of_next);
        bin[1] += share * cr.share_of_next;
      }
    }
  }
  found.weight = 1;
  return found;
}

double similarity_of(const appearance& one, const appearance& other) {
  if (one.weight <= 0 || other.weight <= 0)
    return 0;
  const float scale = 1 / one.weight;
  const float other_scale = 1 / other.weight;
  float common = 0;
  for (std::size_t i = 0; i < one.bins.size(); ++i)
    common += std::min(one.bins[i] * scale, other.bins[i] * other_scale);
  return std::min(1.0F, common);
}

bool is_blank(const frame_grid& grid) {
  std::size_t dark = 0;
  std::size_t bright = 0;
  for (const auto& pixel : grid.pixels) {
    dark += pixel[0] < darkest ? 1 : 0;
    bright += pixel[0] > brightest ? 1 : 0;
  }
  const auto enough = blank_share * static_cast<double>(grid.pixels.size());
  return static_cast<double>(dark) >= enough || static_cast<double>(bright) >= enough;
}

double sharpness_of(const plane_view& luma) {
  std::int64_t sum = 0;
  std::int64_t count = 0;
  for (int y = 1; y + 1 < luma.height; y += 2) {
    const auto* above = luma.row(y - 1);
    const auto* row = luma.row(y);
    const auto* below = luma.row(y + 1);
    int line = 0;
    for (int x = 1; x + 1 < luma.width; ++x)
      line += std::abs(4 * row[x] - row[x - 1] - row[x + 1] - above[x] - below[x]);
    sum += line;
    count += luma.width - 2;
  }
  return count > 0 ? static_cast<double>(sum) / static_cast<double>(count) : 0;
}

} // namespace timeloom
