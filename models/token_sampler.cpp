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
  // What is e^40 times less likely than the likeliest is never drawn: a vocabulary of 2^17 is left out of the sorting.
  const auto least = static_cast<double>(*likeliest) - 40 * options_.temperature;
  std::vector<token_id> tokens;
  for (std::size_t i = 0; i < scores.size(); ++i)
    if (static_cast<double>(scores[i]) >= least)
      tokens.push_back(static_cast<token_id>(i));
  const auto score = [&](token_id token) { return scores[static_cast<std::size_t>(token)]; };
  const auto more_likely = [&](token_id a, token_id b) {
    return score(a) > score(b) || (score(a) == score(b) && a < b);
  };
  const auto kept =
      options_.top_k > 0 ? std::min(tokens.size(), static_cast<std::size_t>(options_.top_k)) : tokens.size();
  std::partial_sort(tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(kept), tokens.end(), more_likely);
  std::vector<double> share(kept);
  std::transform(
      tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(kept), share.begin(), [&](token_id token) {
        return std::exp((static_cast<double>(score(token)) - static_cast<double>(*likeliest)) / options_.temperature);
      });
  // The sums of the likeliest 1, 2, ... tokens.
  std::partial_sum(share.begin(), share.end(), share.begin());
  const auto last = std::lower_bound(share.begin(), share.end(), options_.top_p * share.back());
  const auto all = last == share.end() ? share.back() : *last;
  // In [0, 1), the same on every platform, which std::uniform_real_distribution does not promise.
  const double drawn = static_cast<double>(random_() >> 11) * 0x1p-53;
  const auto found = std::upper_bound(share.begin(), share.end(), drawn * all) - share.begin();
  return tokens[static_cast<std::size_t>(std::min<std::ptrdiff_t>(found, static_cast<std::ptrdiff_t>(kept) - 1))];
}

} // namespace timeloom
