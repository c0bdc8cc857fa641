#include "models/memory_meter.hpp"

#include <algorithm>
#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>
#include <torch/version.h>

namespace timeloom {

namespace {

#if TORCH_VERSION_MAJOR >= 2
using total_bytes = std::size_t;
#else
using total_bytes = std::int64_t;
#endif

struct running_sum final : c10::MemoryReportingInfoBase {
  explicit running_sum(c10::Device on) : device(on) {}

  void reportMemoryUsage(void*, std::int64_t bytes, total_bytes, total_bytes, c10::Device where) override {
    if (where.type() != device.type())
      return;
    held += bytes;
    peak = std::max(peak, held);
  }
  bool memoryProfilingEnabled() const override { return true; }

  c10::Device device;
  std::int64_t held = 0;
  std::int64_t peak = 0;
};

} // namespace

struct memory_meter::state {
  explicit state(c10::Device device)
      : sum(std::make_shared<running_sum>(device)), guard(c10::DebugInfoKind::PROFILER_STATE, sum) {}

  std::shared_ptr<running_sum> sum;
  c10::DebugInfoGuard guard;
};

memory_meter::memory_meter(c10::Device device) : state_(std::make_unique<state>(device)) {}
memory_meter::~memory_meter() = default;

std::int64_t memory_meter::peak_bytes() const {
  return state_->sum->peak;
}

} // namespace timeloom
