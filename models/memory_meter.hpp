/// How much memory this thread's tensors take, as the allocators of libtorch report it.
#pragma once

#include <c10/core/Device.h>
#include <cstdint>
#include <memory>

namespace timeloom {

/// While it lives, adds up what the thread that made it takes and gives back on `device`; other threads are not seen.
/// To be destroyed by that thread. One within another takes over from it.
class memory_meter {
public:
  explicit memory_meter(c10::Device device);
  ~memory_meter();
  memory_meter(const memory_meter&) = delete;
  memory_meter& operator=(const memory_meter&) = delete;

  /// The most that was taken at once so far, beyond what there was when it was made.
  std::int64_t peak_bytes() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
