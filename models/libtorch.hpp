/// What timeloom needs of libtorch besides tensors: devices, their memory, and its exceptions as errors.
#pragma once

#include "core/error.hpp"

#include <c10/core/Device.h>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>

namespace timeloom {

/// Such as "2.11.0".
std::string libtorch_version();

/// Whether this libtorch was built for CUDA and finds a device.
bool has_cuda();

/// "cpu" or "cuda:0" as a device. Fails with `errc::invalid_argument`, or `errc::unsupported` without CUDA.
expected<c10::Device> device_named(const std::string& name);

/// What the caching allocator holds on a device; all 0 on a CPU.
struct allocator_memory {
  std::int64_t allocated = 0; ///< bytes of living tensors
  std::int64_t reserved = 0;  ///< bytes taken from the device; what is not allocated may lie in pieces
  std::int64_t peak = 0;      ///< the most that was ever allocated
};

allocator_memory memory_of(c10::Device device);

/// Bounds what the caching allocator may take of the device, so that an overrun is this process's own out-of-memory.
/// No effect on a CPU.
void limit_memory(c10::Device device, std::int64_t bytes);

/// Gives what no tensor uses back to the device.
void release_unused_memory(c10::Device device);

/// While it lives, this thread computes on a stream of its own, and without gradients. Results must be synchronised
/// (`wait`, or a blocking copy) before other threads read them.
class compute_scope {
public:
  explicit compute_scope(c10::Device device);
  ~compute_scope();

  /// Waits for what this thread has started on its stream; other streams run on.
  void wait();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What was thrown by libtorch, in one line without its backtrace: `errc::exhausted` when memory ran out.
error libtorch_error(const std::exception& thrown);

} // namespace timeloom
