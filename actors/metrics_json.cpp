#include "actors/metrics_json.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace timeloom {

void add_summary(nlohmann::ordered_json& to, const metric_summary& summary) {
  to["count"] = summary.count;
  to["sum"] = summary.sum;
  for (std::size_t i = 0; i < summary.quantiles.size(); ++i)
    to[fmt::format("p{:.0f}", 100 * summary_quantiles.at(i))] = summary.quantiles.at(i);
}

} // namespace timeloom
