#include "analyzers/wipe_fit.hpp"

#include "analyzers/block_matching.hpp"

#include <algorithm>
#include <cstdlib>
#include <vector>

namespace timeloom {

wipe_fitter::wipe_fitter(const picture_history& history, std::int64_t first, std::int64_t last)
    : history_(history), first_(first), last_(last) {
  fit_jumps();
  fit_front();
}

void wipe_fitter::fit_jumps() {
  const auto length = static_cast<int>(last_ - first_);
  const auto sample = [&](std::int64_t frame, std::size_t place) {
    return static_cast<int>(history_[frame].mix[place]);
  };
  double left = 0;
  double whole = 0;
  int changed = 0;
  for (std::size_t place = 0; place < jumps_.size(); ++place) {
    const int a = sample(first_, place);
    const int b = sample(last_, place);
    jumps_[place] = unchanged;
    if (std::abs(b - a) < 12)
      continue;
    ++changed;
    // cost(k): frames before k cost their distance to A, the others theirs to B.
    std::int64_t cost = 0;
    for (std::int64_t t = first_; t <= last_; ++t)
      cost += (sample(t, place) - b) * (sample(t, place) - b);
    std::int64_t least = cost;
    int at = 0;
    for (int k = 1; k <= length; ++k) {
      const int value = sample(first_ + k - 1, place);
      cost += (value - a) * (value - a) - (value - b) * (value - b);
      if (cost < least) {
        least = cost;
        at = k;
      }
    }
    jumps_[place] = at;
    left += static_cast<double>(least);
    whole += static_cast<double>((b - a) * (b - a)) * length;
  }
  if (changed == 0)
    return;
  fit_.changed = static_cast<double>(changed) / static_cast<double>(jumps_.size());
  fit_.residual = left / whole;
}

void wipe_fitter::fit_front() {
  const auto length = static_cast<double>(last_ - first_);
  std::vector<int> times;
  double difference = 0;
  int pairs = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int here = jumps_[static_cast<std::size_t>(y * width + x)];
      if (here == unchanged)
        continue;
      times.push_back(here);
      const auto compare = [&](int place) {
        const int there = jumps_[static_cast<std::size_t>(place)];
        if (there == unchanged)
          return;
        difference += std::abs(here - there);
        ++pairs;
      };
      if (x + 1 < width)
        compare(y * width + x + 1);
      if (y + 1 < height)
        compare((y + 1) * width + x);
    }
  }
  if (pairs == 0)
    return;
  fit_.disorder = difference / pairs / length;
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  const int median = *middle;
  double distance = 0;
  for (const int time : times)
    distance += std::abs(time - median);
  fit_.spread = distance / static_cast<double>(times.size()) / length;
}

wipe_evidence wipe_fitter::weigh() const {
  constexpr block_vector still{3, 3};
  constexpr int places = shot_picture::width / width; // luma samples a place, both ways
  const auto length = static_cast<int>(last_ - first_);
  wipe_evidence result;
  double fresh_weight = 0;
  double still_weight = 0;
  int crossed = 0;
  for (int by = 0; by < shot_picture::blocks_y; ++by) {
    for (int bx = 0; bx < shot_picture::blocks_x; ++bx) {
      const int left = bx * shot_picture::block;
      const int top = shot_picture::block_top + by * shot_picture::block;
      std::array<int, 16> times{};
      std::size_t count = 0;
      for (int y = (top + 1) / places; y <= (top + shot_picture::block - 2) / places; ++y)
        for (int x = (left + 1) / places; x <= (left + shot_picture::block - 2) / places; ++x)
          if (const int jump = jumps_[static_cast<std::size_t>(y * width + x)]; jump != unchanged)
            times[count++] = jump;
      if (count < 4)
        continue;
      std::sort(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(count));
      const std::size_t outliers = count / 8;
      const int before = std::max(0, times[outliers] - 1);
      const int after = std::min(length, times[count - 1 - outliers]);
      if (2 * (after - before) > length + 2)
        continue;
      ++crossed;
      const block_novelty found = novelty_of_block(history_[first_ + before], history_[first_ + after], bx, by);
      result.novelty += static_cast<double>(found.weight * found.ratio);
      fresh_weight += static_cast<double>(found.weight);
      const auto add_stillness = [&](std::int64_t one, std::int64_t two) {
        const auto index = static_cast<std::size_t>(by * shot_picture::blocks_x + bx);
        const float texture = std::max(history_[one].texture[index], history_[two].texture[index]);
        if (texture < 2.5F)
          return;
        const block_novelty change = novelty_of_block(history_[one], history_[two], bx, by, still);
        const float weight = change.weight * static_cast<float>(two - one);
        result.unrest += static_cast<double>(weight * change.ratio);
        still_weight += static_cast<double>(weight);
      };
      add_stillness(first_, first_ + before);
      add_stillness(first_ + after, last_);
    }
  }
  result.crossed = static_cast<double>(crossed) / (shot_picture::blocks_x * shot_picture::blocks_y);
  result.novelty = fresh_weight > 0 ? result.novelty / fresh_weight : 0;
  // Where little has a texture, rest is not seen.
  const double unseen = 20.0 * length;
  result.unrest = (result.unrest + unseen) / (still_weight + unseen);
  return result;
}

} // namespace timeloom
