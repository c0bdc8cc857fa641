#include "core/metrics.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

metric_summary summary_of(std::string name, std::string label, const histogram& recorded) {
  metric_summary summary{std::move(name), std::move(label), recorded.count(), recorded.sum()};
  std::transform(summary_quantiles.begin(), summary_quantiles.end(), summary.quantiles.begin(),
                 [&](double q) { return recorded.quantile(q); });
  return summary;
}

} // namespace timeloom
