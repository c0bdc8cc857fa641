/// Metrics in JSON.
#pragma once

#include "core/metrics.hpp"

#include <nlohmann/json_fwd.hpp>

namespace timeloom {

/// Adds "count", "sum", and the quantiles as "p50", "p90", ... to an object.
void add_summary(nlohmann::ordered_json& to, const metric_summary& summary);

} // namespace timeloom
