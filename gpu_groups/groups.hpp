/// GPU groups as users configure them, held against the devices of the host.
///
/// A group is one worker process (or `replicas` of them) on each of its devices. Plain values; any thread.
#pragma once

#include "gpu_groups/gpu_device.hpp"
#include "gpu_groups/memory_budget.hpp"

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace timeloom {

struct all_devices {
  bool operator==(const all_devices&) const = default;
};

struct gpu_group {
  std::string name;
  std::variant<all_devices, std::vector<int>> devices; ///< `gpu_device::index`; all: those that can be used
  std::vector<std::string> analyzers;                  ///< ids
  memory_budget budget;                                ///< of each worker, without its CUDA context
  int replicas = 1;                                    ///< workers on each device
  std::optional<int> active_thread_percentage;         ///< [1, 100]; with MPS only

  bool operator==(const gpu_group&) const = default;
};

/// What a device holds besides the budgets.
struct device_overhead {
  std::int64_t context_bytes = 0;  ///< of one model worker's CUDA context, measured
  std::int64_t reserve_bytes = 0;  ///< left free
  std::int64_t decoding_bytes = 0; ///< of all media workers that decode on it
};

/// A group's share in one device.
struct group_on_device {
  std::string group;
  gpu_device device;
  std::vector<std::string> analyzers;
  std::int64_t budget_bytes = 0; ///< of each replica
  int replicas = 1;
  std::optional<int> active_thread_percentage;
};

/// How much of a device all that is timeloom's may take: 0.90 of it, rounded down.
std::int64_t usable_bytes(const gpu_device& device);

/// Each group on each of its devices, in the order of `groups` and of the devices. `errc::invalid_config` with a
/// sentence when an analyzer stands in two groups, a device is not there or cannot be used, a number is out of its
/// range, or a device's account does not fit:
///     sum(budget x replicas) + context x replicas + decoding + reserve <= usable_bytes
expected<std::vector<group_on_device>> resolve(std::span<const gpu_group> groups, std::span<const gpu_device> devices,
                                               const device_overhead& overhead);

} // namespace timeloom
