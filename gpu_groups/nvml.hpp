/// The NVIDIA Management Library (NVML), loaded at run time: which GPUs there are, and how busy they are.
///
/// It creates no CUDA context. A host without it gives an error sentence. The functions and structures are those of
/// NVIDIA's "NVML API Reference Guide", declared by us in nvml.cpp, so that no header of CUDA is needed.
#pragma once

#include "core/error.hpp"
#include "gpu_groups/gpu_device.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace timeloom {

struct gpu_process {
  pid_t pid = 0;                          ///< in the driver's pid namespace: the host's, seen from a container
  std::optional<std::int64_t> used_bytes; ///< empty where the driver does not say

  bool operator==(const gpu_process&) const = default;
};

/// What a device does at the moment. Percentages are NVML's, of its last sample period (1/6 s to 1 s); empty where the
/// device does not measure them.
struct gpu_load {
  std::optional<int> gpu_percent;     ///< of the time in which a kernel ran
  std::optional<int> memory_percent;  ///< of the time in which device memory was read or written
  std::optional<int> decoder_percent; ///< of NVDEC
  std::int64_t used_bytes = 0;        ///< of all processes together
  /// Those with a CUDA context; not there where the driver cannot name them. In a container it may name none although
  /// some run: then only `used_bytes` tells.
  std::optional<std::vector<gpu_process>> processes;
};

/// The loaded and initialised library, until destruction. Move only. Any thread, several at once.
class nvml {
public:
  /// `errc::not_found` when the library is not there, `errc::unsupported` when it lacks a function or the driver does
  /// not answer. `path` is what dlopen takes.
  static expected<nvml> open(const std::string& path = "libnvidia-ml.so.1");

  nvml(nvml&&) noexcept;
  nvml& operator=(nvml&&) noexcept;
  ~nvml();

  /// Such as "570.86.15".
  expected<std::string> driver_version() const;

  /// The devices that CUDA_VISIBLE_DEVICES of this process leaves (visible_devices.hpp), all of them when it is not
  /// set. One that cannot be used (MIG, compute mode, a fault) says so in `unusable`.
  expected<std::vector<gpu_device>> devices() const;

  /// `uuid` is a device's, whole. `errc::not_found` for one that is not on this host.
  expected<gpu_load> load(const std::string& uuid) const;

private:
  struct library;
  explicit nvml(std::unique_ptr<library> loaded);

  std::unique_ptr<library> library_;
};

} // namespace timeloom
