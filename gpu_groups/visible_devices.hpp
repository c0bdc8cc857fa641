/// What CUDA_VISIBLE_DEVICES leaves of a host's devices.
///
/// The rules are CUDA's ("CUDA C++ Programming Guide", environment variables): a list of indices in the order of the
/// PCI bus, of UUIDs, or of beginnings of UUIDs that only one device has; its order is the order of the devices; the
/// first entry that names no device ends it. Any thread.
#pragma once

#include "gpu_groups/gpu_device.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace timeloom {

/// Those of `devices` (all of the host, by PCI bus) that `list`, the variable's value, names; all when it is not set.
/// `index` counts anew from 0. What is named and cannot be offered (a MIG slice, an entry that fits no device) stands
/// in the result with a sentence in `unusable`.
std::vector<gpu_device> visible_devices(std::vector<gpu_device> devices, std::optional<std::string_view> list);

} // namespace timeloom
