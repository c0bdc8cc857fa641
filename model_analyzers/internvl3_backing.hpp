/// An InternVL3 in the hands of the cache: loaded, moved and dropped as the cache says.
#pragma once

#include "core/metrics.hpp"
#include "model_cache/model_backing.hpp"
#include "models/internvl3/internvl3_engine.hpp"

#include <atomic>
#include <memory>
#include <mutex>

namespace timeloom {

class internvl3_backing final : public model_backing {
public:
  /// Loads with `options`, which takes `expected_bytes` of the device.
  internvl3_backing(engine_options options, std::int64_t expected_bytes);

  /// The engine; it must be on the device, held there by a lease.
  internvl3_engine& engine() const { return *engine_; }

  /// The engine's; while the model is on disk, the last ones that there were. Any thread.
  metric_set metrics() const;

  std::int64_t expected_load_bytes() const override { return load_bytes_; }
  expected<std::int64_t> load() override;
  std::int64_t host_bytes(std::int64_t) const override { return weight_bytes_; }
  expected<void> offload() override;
  expected<void> restore() override;
  void drop_device() override;
  void drop_host() override;
  expected<std::uint64_t> check_value() override;

private:
  void end();

  const engine_options options_;
  std::atomic<std::int64_t> load_bytes_; // measured by the last load
  std::atomic<std::int64_t> weight_bytes_ = 0;
  mutable std::mutex mutex_;                 // of `metrics` and who makes or ends the engine
  std::unique_ptr<internvl3_engine> engine_; // none while the model is on disk
  metric_set last_;
};

} // namespace timeloom
