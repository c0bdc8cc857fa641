#include "gpu_groups/groups.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <map>

namespace timeloom {

namespace {

expected<void> check_group(const gpu_group& group, std::map<std::string, std::string>& group_of) {
  if (group.analyzers.empty())
    return fail(errc::invalid_config, "the GPU group {} has no analyzers", group.name);
  for (const auto& analyzer : group.analyzers) {
    const auto [first, is_new] = group_of.emplace(analyzer, group.name);
    if (!is_new)
      return fail(errc::invalid_config, "{} stands in the GPU group {} and again in {}; it runs in one group only",
                  analyzer, first->second, group.name);
  }
  if (group.replicas < 1)
    return fail(errc::invalid_config, "the GPU group {} has {} replicas; expected 1 or more", group.name,
                group.replicas);
  if (const auto percent = group.active_thread_percentage; percent && (*percent < 1 || *percent > 100))
    return fail(errc::invalid_config, "the GPU group {} has an active thread percentage of {}; expected 1 to 100",
                group.name, *percent);
  return {};
}

expected<std::vector<gpu_device>> devices_of(const gpu_group& group, std::span<const gpu_device> devices) {
  std::vector<gpu_device> found;
  const auto* const indices = std::get_if<std::vector<int>>(&group.devices);
  if (indices == nullptr) {
    found = usable(devices);
    if (found.empty())
      return fail(errc::invalid_config, "the GPU group {} wants all GPUs, but this host has none that can be used",
                  group.name);
    return found;
  }
  if (indices->empty())
    return fail(errc::invalid_config, "the GPU group {} has no devices; expected their numbers or \"all\"", group.name);
  for (const int index : *indices) {
    const auto is_it = [&](const auto& device) { return device.index == index; };
    const auto device = std::find_if(devices.begin(), devices.end(), is_it);
    if (device == devices.end())
      return fail(errc::invalid_config, "the GPU group {} wants GPU {}, but this host has {}", group.name, index,
                  devices.empty() ? "none" : fmt::format("only {}, counted from 0", devices.size()));
    if (device->unusable)
      return fail(errc::invalid_config, "the GPU group {} wants GPU {}, which cannot be used: {}", group.name, index,
                  *device->unusable);
    if (std::any_of(found.begin(), found.end(), is_it))
      return fail(errc::invalid_config, "the GPU group {} names GPU {} twice; for two workers there, set replicas: 2",
                  group.name, index);
    found.push_back(*device);
  }
  return found;
}

expected<void> check_account(const gpu_device& device, std::span<const group_on_device> workers,
                             const device_overhead& overhead) {
  std::int64_t sum = overhead.reserve_bytes + overhead.decoding_bytes;
  int contexts = 0;
  std::vector<std::string> parts;
  for (const auto& worker : workers)
    if (worker.device.index == device.index) {
      sum += worker.budget_bytes * worker.replicas;
      contexts += worker.replicas;
      parts.push_back(fmt::format("{} {}{}", worker.group,
                                  worker.replicas > 1 ? fmt::format("{} x ", worker.replicas) : "",
                                  bytes_text(worker.budget_bytes)));
    }
  sum += contexts * overhead.context_bytes;
  if (parts.empty() || sum <= usable_bytes(device))
    return {};
  parts.push_back(fmt::format("CUDA contexts {} x {}", contexts, bytes_text(overhead.context_bytes)));
  if (overhead.decoding_bytes > 0)
    parts.push_back(fmt::format("decoding {}", bytes_text(overhead.decoding_bytes)));
  parts.push_back(fmt::format("reserve {}", bytes_text(overhead.reserve_bytes)));
  return fail(errc::invalid_config,
              "the memory budgets do not fit on {}: {} = {}, and 0.90 of its {} are {}; make the budgets {} smaller",
              describe(device), fmt::join(parts, " + "), bytes_text(sum), bytes_text(device.total_bytes),
              bytes_text(usable_bytes(device)), bytes_text(sum - usable_bytes(device)));
}

} // namespace

std::int64_t usable_bytes(const gpu_device& device) {
  return device.total_bytes / 10 * 9 + device.total_bytes % 10 * 9 / 10;
}

expected<std::vector<group_on_device>> resolve(std::span<const gpu_group> groups, std::span<const gpu_device> devices,
                                               const device_overhead& overhead) {
  std::map<std::string, std::string> group_of;
  std::vector<group_on_device> workers;
  for (const auto& group : groups) {
    if (auto checked = check_group(group, group_of); !checked)
      return tl::unexpected{checked.error()};
    const auto found = devices_of(group, devices);
    if (!found)
      return tl::unexpected{found.error()};
    for (const auto& device : *found) {
      const auto budget = to_bytes(group.budget, device.total_bytes);
      if (budget <= 0)
        return fail(errc::invalid_config,
                    "the GPU group {} has a memory budget of {} bytes on {}; expected more than 0", group.name, budget,
                    describe(device));
      // A sum of such budgets cannot overflow.
      if (budget > device.total_bytes || group.replicas > device.total_bytes / budget)
        return fail(errc::invalid_config, "the GPU group {} wants {} x {} on {}, which has {}", group.name,
                    group.replicas, bytes_text(budget), describe(device), bytes_text(device.total_bytes));
      workers.push_back({group.name, device, group.analyzers, budget, group.replicas, group.active_thread_percentage});
    }
  }
  for (const auto& device : devices)
    if (auto fits = check_account(device, workers, overhead); !fits)
      return tl::unexpected{fits.error()};
  return workers;
}

} // namespace timeloom
