#include "models/token_sampler.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace timeloom {

token_id token_sampler::choose(std::span<const float> scores) {
  const auto likeliest = std::max_element(scores.begin(), scores.end());
  if (greedy())
    return static_cast<token_id>(likeliest - scores.begin());
  struct candidate {
    token_id token;
    double weight; // relative to the likeliest
  };
  std::vector<candidate> all;
  double sum = 0;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (const double below = (static_cast<double>(scores[i]) - static_cast<double>(*likeliest)) / options_.temperature;
        below > -40) { // else it is never drawn
      all.push_back({static_cast<token_id>(i), std::exp(below)});
      sum += all.back().weight;
    }
  std::size_t sorted = 0; // so many of the likeliest stand in front
  const auto sort_to = [&](std::size_t count) {
    const auto at = [&](std::size_t i) { return all.begin() + static_cast<std::ptrdiff_t>(i); };
    if (count > sorted)
      std::partial_sort(at(sorted), at(count), all.end(), [](const auto& a, const auto& b) {
        return a.weight > b.weight || (a.weight == b.weight && a.token < b.token);
      });
    sorted = std::max(sorted, count);
  };
  if (options_.top_k > 0 && all.size() > static_cast<std::size_t>(options_.top_k)) {
    sort_to(static_cast<std::size_t>(options_.top_k));
    all.resize(static_cast<std::size_t>(options_.top_k));
    sum = std::accumulate(all.begin(), all.end(), 0.0, [](double part, const auto& one) { return part + one.weight; });
  }
  if (options_.top_p < 1) {
    const double enough = options_.top_p * sum;
    std::size_t count = 0;
    for (sum = 0; count < all.size() && (count == 0 || sum < enough); sum += all[count++].weight)
      sort_to(std::min(all.size(), (count + 64) / 64 * 64)); // mostly a few of a large vocabulary
    all.resize(count);
  }
  // In [0, 1), the same on every platform, which std::uniform_real_distribution does not promise.
  double left = static_cast<double>(random_() >> 11) * 0x1p-53 * sum;
  for (const auto& one : all)
    if ((left -= one.weight) < 0)
      return one.token;
  return all.back().token; // what rounding left over
}

} // namespace timeloom
