#include "analyzers/block_matching.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace timeloom {
namespace {

constexpr int stride = shot_picture::width;
constexpr int side = shot_picture::block;

/// Sum of absolute differences of two (8, 8) blocks.
inline int block_difference(const std::uint8_t* a, const std::uint8_t* b) {
#if defined(__SSE2__)
  __m128i sum = _mm_setzero_si128();
  for (int y = 0; y < side; y += 2) {
    const auto two_rows = [y](const std::uint8_t* from) {
      const auto* first = reinterpret_cast<const __m128i*>(from + y * stride);
      const auto* second = reinterpret_cast<const __m128i*>(from + (y + 1) * stride);
      return _mm_unpacklo_epi64(_mm_loadl_epi64(first), _mm_loadl_epi64(second));
    };
    sum = _mm_add_epi64(sum, _mm_sad_epu8(two_rows(a), two_rows(b)));
  }
  return _mm_cvtsi128_si32(sum) + _mm_cvtsi128_si32(_mm_srli_si128(sum, 8));
#else
  int sum = 0;
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x)
      sum += std::abs(a[y * stride + x] - b[y * stride + x]);
  return sum;
#endif
}

float chroma_at(const std::array<std::uint8_t, shot_picture::small_width * shot_picture::small_height>& plane, int x,
                int y) {
  // The centre of a luma block; a (2, 2) patch of chroma is about as large as the block.
  const int cx = std::clamp((x + side / 2) / 3 - 1, 0, shot_picture::small_width - 2);
  const int cy = std::clamp((y + side / 2) / 3 - 1, 0, shot_picture::small_height - 2);
  const std::uint8_t* at = plane.data() + cy * shot_picture::small_width + cx;
  return static_cast<float>(at[0] + at[1] + at[shot_picture::small_width] + at[shot_picture::small_width + 1]) / 4;
}

/// Looks for one block of `after` in `before`; the best place so far is `motion`.
class block_search {
public:
  block_search(const shot_picture& before, const shot_picture& after, int bx, int by,
               block_vector reach = farthest_motion)
      : before_(before), after_(after), reach_(reach), x_(bx * side), y_(shot_picture::block_top + by * side) {
    const auto index = static_cast<std::size_t>(by * shot_picture::blocks_x + bx);
    texture_ = std::max(before.texture[index], after.texture[index]);
    attempt({});
  }

  bool attempt(block_vector to) {
    to.x = std::clamp(to.x, std::max(-reach_.x, -x_), std::min(reach_.x, shot_picture::width - side - x_));
    to.y = std::clamp(to.y, std::max(-reach_.y, -y_), std::min(reach_.y, shot_picture::height - side - y_));
    const int difference =
        block_difference(after_.luma.data() + y_ * stride + x_, before_.luma.data() + (y_ + to.y) * stride + x_ + to.x);
    if (difference >= best_)
      return false;
    best_ = difference;
    motion_ = to;
    return true;
  }

  void refine(int step) {
    for (bool better = true; better;) {
      const block_vector centre = motion_;
      better = attempt({centre.x + step, centre.y});
      better = attempt({centre.x - step, centre.y}) || better;
      better = attempt({centre.x, centre.y + step}) || better;
      better = attempt({centre.x, centre.y - step}) || better;
    }
  }

  void search_everywhere() {
    for (int dy = -reach_.y; dy <= reach_.y; dy += 4)
      for (int dx = -reach_.x; dx <= reach_.x; dx += 4)
        attempt({dx, dy});
    refine(2);
    refine(1);
  }

  /// How many times too bad the match is to need no further search: what may be left is under a tenth of what the
  /// block shows.
  bool worse_than(int times) const { return best_ > times * static_cast<int>(64 * (0.08F * texture_ + 0.8F)); }
  block_vector motion() const { return motion_; }

  block_novelty novelty() const {
    const auto colour_difference = [&](const auto& after, const auto& before) {
      return std::abs(chroma_at(after, x_, y_) - chroma_at(before, x_ + motion_.x, y_ + motion_.y));
    };
    const float luma = static_cast<float>(best_) / 64;
    const float colour = (colour_difference(after_.cb, before_.cb) + colour_difference(after_.cr, before_.cr)) / 2;
    block_novelty result;
    result.difference = luma + std::max(0.0F, colour - 1);
    result.ratio = std::min(1.0F, result.difference / (0.5F * texture_ + 2.5F));
    result.weight = std::clamp(std::max(texture_, result.difference), 1.0F, 8.0F);
    return result;
  }

private:
  const shot_picture& before_;
  const shot_picture& after_;
  block_vector reach_;
  int x_;
  int y_;
  float texture_ = 0;
  int best_ = std::numeric_limits<int>::max();
  block_vector motion_;
};

} // namespace

unexplained_change block_matcher::compare(const shot_picture& before, const shot_picture& after) {
  unexplained_change result;
  double unexplained_weight = 0;
  double all_weight = 0;
  for (int by = 0; by < shot_picture::blocks_y; ++by) {
    for (int bx = 0; bx < shot_picture::blocks_x; ++bx) {
      const auto index = static_cast<std::size_t>(by * shot_picture::blocks_x + bx);
      block_search search(before, after, bx, by);
      if (search.worse_than(1)) {
        search.attempt(last_[index]);
        if (bx > 0)
          search.attempt(last_[index - 1]);
        if (by > 0)
          search.attempt(last_[index - shot_picture::blocks_x]);
        search.refine(1);
      }
      if (search.worse_than(2))
        search.search_everywhere();
      last_[index] = search.motion();
      const block_novelty found = search.novelty();
      result.levels += static_cast<double>(found.difference) / static_cast<double>(last_.size());
      unexplained_weight += static_cast<double>(found.weight * found.ratio);
      all_weight += static_cast<double>(found.weight);
    }
  }
  result.share = unexplained_weight / all_weight;
  return result;
}

block_novelty novelty_of_block(const shot_picture& before, const shot_picture& after, int bx, int by,
                               block_vector reach) {
  block_search search(before, after, bx, by, reach);
  if (search.worse_than(1))
    search.refine(1);
  if (search.worse_than(1))
    search.search_everywhere();
  return search.novelty();
}

double novelty(const shot_picture& before, const shot_picture& after) {
  double fresh = 0;
  double all = 0;
  for (int by = 0; by < shot_picture::blocks_y; ++by) {
    for (int bx = 0; bx < shot_picture::blocks_x; ++bx) {
      const block_novelty found = novelty_of_block(before, after, bx, by);
      fresh += static_cast<double>(found.weight * found.ratio);
      all += static_cast<double>(found.weight);
    }
  }
  return fresh / all;
}

} // namespace timeloom
