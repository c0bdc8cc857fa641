#include "gpu_groups/visible_devices.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace timeloom {

namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ')
    text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ')
    text.remove_suffix(1);
  return text;
}

/// The only device that `entry` names; null for none, and for a beginning that several have.
const gpu_device* named(const std::vector<gpu_device>& devices, std::string_view entry) {
  std::size_t index = 0;
  const auto [end, problem] = std::from_chars(entry.data(), entry.data() + entry.size(), index);
  if (problem == std::errc{} && end == entry.data() + entry.size())
    return index < devices.size() ? &devices[index] : nullptr;
  if (!entry.starts_with("GPU-"))
    return nullptr;
  const auto fits = [&](const gpu_device& device) { return device.uuid.starts_with(entry); };
  const auto first = std::find_if(devices.begin(), devices.end(), fits);
  if (first == devices.end() || std::find_if(first + 1, devices.end(), fits) != devices.end())
    return nullptr;
  return &*first;
}

gpu_device not_offered(std::string_view entry, std::string sentence) {
  return {.uuid = std::string{entry}, .name = "not a whole GPU", .unusable = std::move(sentence)};
}

} // namespace

std::vector<gpu_device> visible_devices(std::vector<gpu_device> devices, std::optional<std::string_view> list) {
  if (!list)
    return devices;
  std::vector<gpu_device> visible;
  const auto offer = [&](gpu_device device) {
    if (std::any_of(visible.begin(), visible.end(), [&](const auto& other) { return other.uuid == device.uuid; }))
      return;
    device.index = static_cast<int>(visible.size());
    visible.push_back(std::move(device));
  };
  auto rest = trimmed(*list);
  while (!rest.empty()) {
    const auto comma = std::min(rest.find(','), rest.size());
    const auto entry = trimmed(rest.substr(0, comma));
    rest.remove_prefix(std::min(rest.size(), comma + 1));
    if (entry.starts_with('-')) // the usual way to say "none"
      break;
    if (entry.starts_with("MIG-")) {
      offer(not_offered(entry, fmt::format("CUDA_VISIBLE_DEVICES names {}, a slice of a GPU (MIG); timeloom uses whole "
                                           "GPUs",
                                           entry)));
      continue;
    }
    const auto* device = named(devices, entry);
    if (device == nullptr) {
      offer(
          not_offered(entry, fmt::format("CUDA_VISIBLE_DEVICES has \"{}\", which is not one of the {} GPUs here; CUDA "
                                         "does not look at what follows it",
                                         entry, devices.size())));
      break;
    }
    offer(*device);
  }
  return visible;
}

} // namespace timeloom
