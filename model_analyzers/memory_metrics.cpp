#include "model_analyzers/memory_metrics.hpp"

#include <utility>

namespace timeloom {

std::vector<metric> memory_metrics(const model_cache& cache, const allocator_memory& allocator) {
  std::vector<metric> found;
  const auto add_bytes = [&](std::string name, std::string label, std::int64_t bytes) {
    found.push_back({"timeloom_" + std::move(name) + "_bytes", std::move(label), static_cast<double>(bytes)});
  };
  const auto counted = cache.statistics();
  for (const auto& [name, tally] : {std::pair{"hits", counted.hits},
                                    {"misses", counted.misses},
                                    {"loads", counted.loads},
                                    {"restores", counted.restores},
                                    {"corrupt_restores", counted.corrupt_restores},
                                    {"evictions", counted.evictions},
                                    {"offloads", counted.offloads},
                                    {"failed_offloads", counted.failed_offloads}}) {
    const std::string start = fmt::format("timeloom_model_cache_{}", name);
    found.push_back({start + "_total", "", static_cast<double>(tally.count)});
    found.push_back({start + "_bytes_total", "", static_cast<double>(tally.bytes)});
    found.push_back({start + "_seconds_total", "", tally.seconds});
  }
  for (const auto& model : cache.models())
    if (model.place != model_place::disk)
      add_bytes(model.place == model_place::device ? "model_on_device" : "model_on_host", model.id, model.bytes);
  const auto ledger = cache.ledger();
  add_bytes("model_cache_budget", "", ledger.budget_bytes());
  for (std::size_t kind = 0; kind < memory_kinds; ++kind)
    add_bytes("model_cache_charged", std::string{to_string(memory_kind{static_cast<std::uint8_t>(kind)})},
              ledger.charged_bytes(memory_kind{static_cast<std::uint8_t>(kind)}));
  add_bytes("model_cache_unaccounted", "", ledger.unaccounted_bytes());
  add_bytes("model_cache_host", "", cache.host_bytes());
  add_bytes("allocator_allocated", "", allocator.allocated);
  add_bytes("allocator_reserved", "", allocator.reserved);
  add_bytes("allocator_fragmented", "", allocator.fragmented);
  add_bytes("allocator_peak", "", allocator.peak);
  return found;
}

} // namespace timeloom
