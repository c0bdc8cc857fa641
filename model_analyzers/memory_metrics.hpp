/// What a model worker's cache and allocator count, as metrics. Plain functions; any thread.
#pragma once

#include "core/metrics.hpp"
#include "model_cache/model_cache.hpp"
#include "models/libtorch.hpp"

#include <vector>

namespace timeloom {

/// Of each tally of the cache `timeloom_model_cache_X_total`, `..._X_bytes_total` and `..._X_seconds_total`; what the
/// ledger has booked; what the allocator holds, where there is a GPU.
std::vector<metric> memory_metrics(const model_cache& cache, const allocator_memory& allocator);

} // namespace timeloom
