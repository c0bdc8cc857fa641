/// What timeloom needs of libtorch besides tensors: devices, their memory, and its exceptions as errors.
#pragma once

#include "core/error.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <span>
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
  std::int64_t allocated = 0;  ///< bytes of living tensors
  std::int64_t reserved = 0;   ///< bytes taken from the device; what is not allocated may lie in pieces
  std::int64_t fragmented = 0; ///< of those not allocated, in pieces that cannot be given back to the device
  std::int64_t peak = 0;       ///< the most that was ever allocated
};

allocator_memory memory_of(c10::Device device);

/// Bounds what the caching allocator may take of the device, so that an overrun is this process's own out-of-memory.
/// No effect on a CPU.
void limit_memory(c10::Device device, std::int64_t bytes);

/// Gives what no tensor uses back to the device.
void release_unused_memory(c10::Device device);

/// What tensors could still take of the device; nothing on a CPU, whose memory others share.
std::optional<std::int64_t> free_memory(c10::Device device);

/// Whether the device does nothing more for this process: a fault, of its own or of another client of MPS, that stays
/// until the process ends. Never on a CPU.
bool is_lost(c10::Device device);

/// (elements) on the host, of that size exactly and not written yet: where the device is a GPU, pinned, so that the bus
/// copies it at its full speed. (libtorch's own pinned memory is rounded up to a power of two.) Takes 0.2 to 0.4 s
/// a GB there. Throws what libtorch throws.
at::Tensor host_memory(std::int64_t elements, at::ScalarType dtype, c10::Device device);

/// While it lives, this thread computes on a stream of its own, and without gradients. Results must be synchronised
/// (`wait`, or a blocking copy) before other threads read them.
class compute_scope {
public:
  explicit compute_scope(c10::Device device);
  ~compute_scope();

  c10::Device device() const { return device_; }

  /// Copies what lies on the host (pinned, where the device is a GPU) to the device, on the stream. On a CPU it is
  /// there already.
  at::Tensor upload(const at::Tensor& host);

  /// Waits for what this thread has started on its stream; other streams run on.
  void wait();

  /// How long the uploads took on a GPU, by its own clock; after `wait`. Nothing without uploads.
  std::optional<double> upload_seconds() const;

private:
  struct state;
  c10::Device device_;
  std::unique_ptr<state> state_;
};

/// Copies what lies on the host, in the page cache for instance, to a GPU as fast as the bus allows: eight threads fill
/// pinned buffers while those before are on their way. For one thread; what was copied is there when it is destroyed.
class host_upload {
public:
  explicit host_upload(c10::Device device);
  ~host_upload();
  host_upload(const host_upload&) = delete;
  host_upload& operator=(const host_upload&) = delete;

  /// `to` is contiguous and has as many bytes as `from`, which may lie at any address. Throws what libtorch throws.
  void copy(const at::Tensor& to, std::span<const std::byte> from);

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Work on a GPU that is recorded once (as a CUDA graph) and then repeated on the same memory with one launch. For the
/// thread that made it, within a compute_scope.
class recorded_work {
public:
  /// Whether work on the device can be recorded: with libtorch 2.11 or later for CUDA.
  static bool possible(c10::Device device);

  /// Does `work` once and then records it. Its tensors lie in the memory that `beside` has, if there is one: the two
  /// must not run at once, and the results of one are lost when the other is repeated. Throws what libtorch throws.
  recorded_work(const std::function<void()>& work, const recorded_work* beside);
  ~recorded_work();

  void repeat();

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What was thrown by libtorch, in one line without its backtrace: `errc::exhausted` when memory ran out.
error libtorch_error(const std::exception& thrown);

/// What `function` gives, or what it threw as an error.
template <class Function>
auto caught(Function function) -> expected<decltype(function())> {
  try {
    return function();
  } catch (const std::exception& thrown) {
    return tl::unexpected{libtorch_error(thrown)};
  }
}

} // namespace timeloom
