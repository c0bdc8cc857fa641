#include "gpu_groups/plan_table.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <array>

namespace timeloom {

namespace {

using row = std::array<std::string, 6>;

std::string device_text(const worker_plan& plan, std::span<const gpu_device> devices) {
  if (plan.device_uuid.empty())
    return "cpu";
  const auto device =
      std::find_if(devices.begin(), devices.end(), [&](const auto& each) { return each.uuid == plan.device_uuid; });
  return device == devices.end() ? plan.device_uuid : fmt::format("{} {}", device->index, device->name);
}

std::vector<row> rows_of(std::span<const worker_plan> plans, std::span<const gpu_device> devices) {
  std::vector<row> rows{{"group", "device", "analyzer", "batch", "memory", "budget"}};
  for (const auto& plan : plans) {
    row start{plan.replicas > 1 ? fmt::format("{} x {}", plan.replicas, plan.group) : plan.group,
              device_text(plan, devices),
              "",
              "",
              "",
              plan.budget_bytes > 0 ? bytes_text(plan.budget_bytes) : "-"};
    for (const auto& analyzer : plan.analyzers) {
      rows.push_back(std::exchange(start, {}));
      rows.back()[2] = analyzer.analyzer;
      rows.back()[3] = std::to_string(analyzer.batch_size);
      rows.back()[4] = analyzer.bytes > 0 ? bytes_text(analyzer.bytes) : "-";
    }
  }
  return rows;
}

} // namespace

std::string plan_table(std::span<const worker_plan> plans, std::span<const gpu_device> devices) {
  const auto rows = rows_of(plans, devices);
  std::array<std::size_t, 6> widths{};
  for (const auto& each : rows)
    for (std::size_t i = 0; i < widths.size(); ++i)
      widths[i] = std::max(widths[i], each[i].size());
  std::string text;
  for (const auto& each : rows) {
    auto line = fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}  {:>{}}", each[0], widths[0], each[1], widths[1],
                            each[2], widths[2], each[3], widths[3], each[4], widths[4], each[5], widths[5]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }

  std::string remarks;
  for (const auto& plan : plans) {
    std::int64_t sum = 0;
    for (const auto& analyzer : plan.analyzers) {
      sum += analyzer.bytes;
      if (!analyzer.reason.empty())
        remarks += fmt::format("{} runs on the cpu: {}\n", analyzer.analyzer, analyzer.reason);
    }
    if (!plan.device_uuid.empty() && sum > plan.budget_bytes)
      remarks += fmt::format("the models of {} on {} do not fit its budget at once and take turns\n", plan.group,
                             device_text(plan, devices));
  }
  for (const auto& device : devices)
    if (device.unusable)
      remarks += fmt::format("not used: {}\n", *device.unusable);
    else if (std::none_of(plans.begin(), plans.end(),
                          [&](const auto& plan) { return plan.device_uuid == device.uuid; }))
      remarks += fmt::format("not used: {}, {} free\n", describe(device), bytes_text(device.free_bytes));
  return remarks.empty() ? text : text + '\n' + remarks;
}

} // namespace timeloom
