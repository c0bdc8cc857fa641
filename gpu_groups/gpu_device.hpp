/// A GPU of this host, as the inventory found it. Plain data; copies go anywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

/// Who may use a device at once (`nvidia-smi --compute-mode`). timeloom never changes it.
enum class compute_mode : std::uint8_t {
  shared,            ///< any number of processes
  exclusive_process, ///< one process; many through one MPS server
  prohibited,        ///< none
};

struct gpu_device {
  /// The place among the devices offered: what CUDA programs of this process call it with
  /// CUDA_DEVICE_ORDER=PCI_BUS_ID, and what `nvidia-smi` calls it where CUDA_VISIBLE_DEVICES is not set.
  int index = 0;
  std::string uuid; ///< "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6"
  std::string name; ///< "NVIDIA H200"
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0; ///< when it was looked at
  compute_mode mode = compute_mode::shared;
  std::optional<std::string> unusable; ///< a sentence: why timeloom does not use it

  bool operator==(const gpu_device&) const = default;
};

/// Those of `devices` that timeloom uses.
std::vector<gpu_device> usable(std::span<const gpu_device> devices);

/// "GPU 1 (NVIDIA H200)", for sentences.
std::string describe(const gpu_device& device);

} // namespace timeloom
