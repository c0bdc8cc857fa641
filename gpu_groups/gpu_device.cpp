#include "gpu_groups/gpu_device.hpp"

#include <fmt/format.h>

namespace timeloom {

std::string describe(const gpu_device& device) {
  return fmt::format("GPU {} ({})", device.index, device.name);
}

} // namespace timeloom
