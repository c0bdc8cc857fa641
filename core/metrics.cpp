#include "core/metrics.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

std::span<const double> bucket_bounds(std::string_view name) {
  static constexpr std::array<double, 15> of_seconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25,
                                                     0.5,   1,      2.5,   5,    10,    30,   60};
  static constexpr std::array<double, 12> of_videos{0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3600};
  static constexpr std::array<double, 9> of_counts{1, 2, 4, 8, 16, 32, 64, 128, 256};
  if (name.ends_with("_seconds"))
    return name.starts_with("timeloom_video_") ? std::span<const double>{of_videos} : of_seconds;
  return of_counts;
}

metric_summary summary_of(std::string name, std::string label, const histogram& recorded) {
  metric_summary summary{std::move(name), std::move(label), recorded.count(), recorded.sum()};
  std::transform(summary_quantiles.begin(), summary_quantiles.end(), summary.quantiles.begin(),
                 [&](double q) { return recorded.quantile(q); });
  for (const double bound : bucket_bounds(summary.name))
    summary.below.push_back(recorded.count_to(bound));
  return summary;
}

} // namespace timeloom
