#include "gpu_groups/gpu_device.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

namespace timeloom {

std::vector<gpu_device> usable(std::span<const gpu_device> devices) {
  std::vector<gpu_device> found;
  std::copy_if(devices.begin(), devices.end(), std::back_inserter(found),
               [](const auto& device) { return !device.unusable; });
  return found;
}

std::string describe(const gpu_device& device) {
  return fmt::format("GPU {} ({})", device.index, device.name);
}

} // namespace timeloom
