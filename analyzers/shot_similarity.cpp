#include "analyzers/shot_similarity.hpp"

#include <algorithm>
#include <cmath>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace timeloom {
namespace {

struct rectangle {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

/// The half-size plane without the black bars that both pictures have.
rectangle without_bars(const shot_picture& a, const shot_picture& b) {
  constexpr int w = shot_picture::half_width;
  constexpr int h = shot_picture::half_height;
  constexpr int black = 28;
  const auto dark = [&](int x, int y) {
    const auto at = static_cast<std::size_t>(y * w + x);
    return a.half[at] < black && b.half[at] < black;
  };
  const auto dark_row = [&](int y) {
    for (int x = 0; x < w; ++x)
      if (!dark(x, y))
        return false;
    return true;
  };
  const auto dark_column = [&](int x) {
    for (int y = 0; y < h; ++y)
      if (!dark(x, y))
        return false;
    return true;
  };
  rectangle inside{0, 0, w, h};
  while (inside.top < h && dark_row(inside.top))
    ++inside.top;
  while (inside.bottom > inside.top && dark_row(inside.bottom - 1))
    --inside.bottom;
  while (inside.left < w && dark_column(inside.left))
    ++inside.left;
  while (inside.right > inside.left && dark_column(inside.right - 1))
    --inside.right;
  // The row next to a bar is a mixture of both.
  inside.top += inside.top > 0 ? 1 : 0;
  inside.left += inside.left > 0 ? 1 : 0;
  inside.bottom -= inside.bottom < h ? 1 : 0;
  inside.right -= inside.right < w ? 1 : 0;
  if (inside.right - inside.left < 16 || inside.bottom - inside.top < 12)
    return {0, 0, w, h};
  return inside;
}

} // namespace

double structural_agreement(const shot_picture& a, const shot_picture& b) {
  // Windows of (8, 8) every 4 samples; the correlation of a window counts together with those of its eight neighbours
  // at the same displacement, so that (16, 16) samples have to move as one.
  constexpr int window = 8;
  constexpr int step = 4;
  constexpr int across = (shot_picture::half_width - window) / step + 1;
  constexpr int down = (shot_picture::half_height - window) / step + 1;
  constexpr int far_x = 10;
  constexpr int far_y = 7;
  constexpr int span_x = 2 * far_x + 1;
  constexpr int shifts = span_x * (2 * far_y + 1);
  constexpr int w = shot_picture::half_width;
  constexpr int h = shot_picture::half_height;
  const rectangle inside = without_bars(a, b);
  struct moments {
    int sum = 0;
    float deviation = 0; // sqrt(n * sum of squares - sum^2)
  };
  // Sums over every (8, 8) window of b.
  thread_local std::array<moments, static_cast<std::size_t>(w) * h> all{};
  const auto measure = [](const std::uint8_t* at) {
    int sum = 0;
    int squares = 0;
    for (int y = 0; y < window; ++y) {
      for (int x = 0; x < window; ++x) {
        const int sample = at[y * w + x];
        sum += sample;
        squares += sample * sample;
      }
    }
    return moments{sum, std::sqrt(static_cast<float>(64 * squares - sum * sum))};
  };
  for (int y = 0; y + window <= h; ++y)
    for (int x = 0; x + window <= w; ++x)
      all[static_cast<std::size_t>(y * w + x)] = measure(b.half.data() + y * w + x);

  thread_local std::array<std::array<float, across * down>, shifts> covariance{};
  thread_local std::array<std::array<float, across * down>, shifts> energy{};
  std::array<float, across * down> contrast{};
  std::array<float, across * down> alike{}; // tone of windows that are flat in both
  for (int wy = 0; wy < down; ++wy) {
    for (int wx = 0; wx < across; ++wx) {
      const int x = wx * step;
      const int y = wy * step;
      const auto index = static_cast<std::size_t>(wy * across + wx);
      const std::uint8_t* mine = a.half.data() + y * w + x;
      const moments own = measure(mine);
      contrast[index] = own.deviation / 64;
      const moments& there = all[static_cast<std::size_t>(y * w + x)];
      alike[index] = std::max(0.0F, 1 - std::abs(static_cast<float>(own.sum - there.sum)) / (64 * 12.0F)) *
                     std::clamp(2 - there.deviation / 128, 0.0F, 1.0F);
      if (x < inside.left || y < inside.top || x + window > inside.right || y + window > inside.bottom) {
        contrast[index] = -1;
        for (int shift = 0; shift < shifts; ++shift)
          covariance[static_cast<std::size_t>(shift)][index] = energy[static_cast<std::size_t>(shift)][index] = 0;
        continue;
      }
      for (int dy = -far_y; dy <= far_y; ++dy) {
        for (int dx = -far_x; dx <= far_x; ++dx) {
          const auto shift = static_cast<std::size_t>((dy + far_y) * span_x + dx + far_x);
          if (x + dx < inside.left || y + dy < inside.top || x + dx + window > inside.right ||
              y + dy + window > inside.bottom) {
            covariance[shift][index] = 0;
            energy[shift][index] = 0;
            continue;
          }
          const std::uint8_t* theirs = b.half.data() + (y + dy) * w + x + dx;
          int product = 0;
#if defined(__SSE2__)
          const __m128i zero = _mm_setzero_si128();
          __m128i sum = zero;
          for (int r = 0; r < window; ++r) {
            const auto load = [&](const std::uint8_t* from) {
              return _mm_unpacklo_epi8(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + r * w)), zero);
            };
            sum = _mm_add_epi32(sum, _mm_madd_epi16(load(mine), load(theirs)));
          }
          sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 8));
          sum = _mm_add_epi32(sum, _mm_srli_si128(sum, 4));
          product = _mm_cvtsi128_si32(sum);
#else
          for (int r = 0; r < window; ++r)
            for (int c = 0; c < window; ++c)
              product += mine[r * w + c] * theirs[r * w + c];
#endif
          const moments& other = all[static_cast<std::size_t>((y + dy) * w + x + dx)];
          covariance[shift][index] = static_cast<float>(64 * product - own.sum * other.sum);
          energy[shift][index] = own.deviation * other.deviation;
        }
      }
    }
  }
  constexpr float flat_weight = 1.5F;
  double agreed = 0;
  double all_weight = 0;
  for (int wy = 0; wy < down; ++wy) {
    for (int wx = 0; wx < across; ++wx) {
      float best = 0;
      for (int shift = 0; shift < shifts; ++shift) {
        float shared = 0;
        float possible = 0;
        for (int ny = std::max(0, wy - 1); ny <= std::min(down - 1, wy + 1); ++ny) {
          for (int nx = std::max(0, wx - 1); nx <= std::min(across - 1, wx + 1); ++nx) {
            const auto index = static_cast<std::size_t>(ny * across + nx);
            shared += covariance[static_cast<std::size_t>(shift)][index];
            possible += energy[static_cast<std::size_t>(shift)][index];
          }
        }
        best = std::max(best, shared / (possible + 64.0F * 64.0F * 4.0F));
      }
      const float own = contrast[static_cast<std::size_t>(wy * across + wx)];
      if (own < 0)
        continue;
      // Flat windows speak through their tone, with little weight.
      const float weight = std::min(own, 12.0F);
      const float flat = std::max(0.0F, flat_weight - own);
      agreed += static_cast<double>(weight * best + flat * alike[static_cast<std::size_t>(wy * across + wx)]);
      all_weight += static_cast<double>(weight + flat);
    }
  }
  return all_weight > 0 ? std::min(1.0, agreed / all_weight) : 0;
}

double tone_agreement(const shot_picture& a, const shot_picture& b) {
  constexpr int levels = 16;
  if (std::min(a.deviation, b.deviation) < 4)
    return 0;
  const rectangle inside = without_bars(a, b);
  const auto explained = [&inside](const shot_picture& from, const shot_picture& to) {
    std::array<double, levels> count{};
    std::array<double, levels> sum{};
    double whole = 0;
    double squares = 0;
    double places = 0;
    for (int y = inside.top; y < inside.bottom; ++y) {
      for (int x = inside.left; x < inside.right; ++x) {
        const auto place = static_cast<std::size_t>(y * shot_picture::half_width + x);
        const auto level = static_cast<std::size_t>(from.half[place] / (256 / levels));
        const double value = to.half[place];
        count[level] += 1;
        sum[level] += value;
        whole += value;
        squares += value * value;
        places += 1;
      }
    }
    double between = 0;
    for (std::size_t level = 0; level < levels; ++level)
      if (count[level] > 0)
        between += sum[level] * sum[level] / count[level];
    const double mean_part = whole * whole / places;
    return (between - mean_part) / std::max(1.0, squares - mean_part);
  };
  return std::max(explained(a, b), explained(b, a));
}

double histogram_distance(const shot_picture& a, const shot_picture& b) {
  // Linear splitting between neighbouring bins, so that a small change of light moves little.
  constexpr int bins = 12;
  constexpr float bin_size = 256.0F / (bins - 1);
  double distance = 0;
  const auto compare = [&](const auto& one, const auto& two, int width, int height, float scale) {
    double total = 0;
    for (int quarter = 0; quarter < 4; ++quarter) {
      const int left = (quarter % 2) * width / 2;
      const int top = (quarter / 2) * height / 2;
      std::array<float, bins> difference{};
      const auto add = [&](std::uint8_t sample, float sign) {
        const float place = std::clamp((static_cast<float>(sample) - 128) * scale + 128, 0.0F, 255.0F) / bin_size;
        const int bin = static_cast<int>(place);
        const float rest = place - static_cast<float>(bin);
        difference[static_cast<std::size_t>(bin)] += sign * (1 - rest);
        difference[static_cast<std::size_t>(bin + 1)] += sign * rest;
      };
      for (int y = top; y < top + height / 2; ++y) {
        for (int x = left; x < left + width / 2; ++x) {
          add(one[static_cast<std::size_t>(y * width + x)], 1);
          add(two[static_cast<std::size_t>(y * width + x)], -1);
        }
      }
      for (const float bin : difference)
        total += static_cast<double>(std::abs(bin));
    }
    return total / (2.0 * width * height);
  };
  distance += compare(a.half, b.half, shot_picture::half_width, shot_picture::half_height - 1, 1);
  distance += compare(a.cb, b.cb, shot_picture::small_width, shot_picture::small_height, 2.5F);
  distance += compare(a.cr, b.cr, shot_picture::small_width, shot_picture::small_height, 2.5F);
  return distance / 3;
}

} // namespace timeloom
