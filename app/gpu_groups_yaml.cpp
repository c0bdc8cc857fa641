#include "app/gpu_groups_yaml.hpp"

#include "analyzers/catalog.hpp"

#include <algorithm>
#include <array>
#include <fmt/ranges.h>

namespace timeloom {

namespace {

constexpr std::array<std::string_view, 5> keys{"devices", "analyzers", "vram_budget", "replicas",
                                               "active_thread_percentage"};
constexpr int most_devices = 64;
constexpr int most_replicas = 16;

template <class... Args>
tl::unexpected<rejection> reject(const YAML::Node& where, fmt::format_string<Args...> text, Args&&... args) {
  return tl::unexpected{rejection{fmt::format(text, std::forward<Args>(args)...), where.Mark().line}};
}

std::optional<int> whole_number(const YAML::Node& node, int least, int most) {
  if (!node.IsScalar() || is_quoted(node))
    return std::nullopt;
  const auto value = number_in<int>(node.Scalar());
  return value && *value >= least && *value <= most ? value : std::nullopt;
}

/// One group that is being read; what stands in it is in the members once `read` gave nothing to complain of.
struct group_reader {
  gpu_group group;
  bool has_devices = false;
  bool has_budget = false;

  using outcome = tl::expected<void, rejection>;

  outcome read(const YAML::Node& node) {
    if (!node.IsMap())
      return reject(node, "holds the group {}, which is {}", group.name, shown(node));
    for (const auto& entry : node) {
      const auto key = entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first);
      if (std::find(keys.begin(), keys.end(), key) == keys.end())
        return reject(entry.first, "holds the group {} with an unknown \"{}\"", group.name, key);
      if (auto done = read(key, entry.second); !done)
        return done;
    }
    if (!has_devices || group.analyzers.empty() || !has_budget)
      return reject(node, "holds the group {} without {}", group.name,
                    !has_devices              ? "devices"
                    : group.analyzers.empty() ? "analyzers"
                                              : "a vram_budget");
    return {};
  }

private:
  outcome read(const std::string& key, const YAML::Node& value) {
    if (key == "devices")
      return read_devices(value);
    if (key == "analyzers")
      return read_analyzers(value);
    if (key == "vram_budget") {
      const auto budget = parse_memory_budget(value.IsScalar() ? value.Scalar() : shown(value));
      if (!budget)
        return reject(value, "holds the group {}: {}", group.name, budget.error().message);
      group.budget = *budget;
      has_budget = true;
      return {};
    }
    const bool replicas = key == "replicas";
    const auto number = whole_number(value, 1, replicas ? most_replicas : 100);
    if (!number)
      return reject(value, "holds the group {} with {} {}, which is no whole number from 1 to {}", group.name, key,
                    shown(value), replicas ? most_replicas : 100);
    if (replicas)
      group.replicas = *number;
    else
      group.active_thread_percentage = *number;
    return {};
  }

  outcome read_devices(const YAML::Node& value) {
    has_devices = true;
    if (value.IsScalar() && value.Scalar() == "all") {
      group.devices = all_devices{};
      return {};
    }
    std::vector<int> indices;
    for (const auto& item : value) {
      const auto index = whole_number(item, 0, most_devices - 1);
      if (!index)
        return reject(item, "holds the group {} with the device {}, which is no number from 0", group.name,
                      shown(item));
      indices.push_back(*index);
    }
    if (indices.empty())
      return reject(value, "holds the group {} with devices {}, which is neither all nor a list of numbers", group.name,
                    shown(value));
    group.devices = std::move(indices);
    return {};
  }

  outcome read_analyzers(const YAML::Node& value) {
    if (!value.IsSequence() || value.size() == 0)
      return reject(value, "holds the group {} with analyzers {}, which is no list of ids", group.name, shown(value));
    for (const auto& item : value) {
      const auto* const known = item.IsScalar() ? find_analyzer(item.Scalar()) : nullptr;
      if (known == nullptr || known->site != analyzer_site::model)
        return reject(item, "holds the group {} with {}, which is no analyzer that runs a model", group.name,
                      shown(item));
      group.analyzers.emplace_back(known->id);
    }
    return {};
  }
};

std::string budget_text(const memory_budget& budget) {
  if (const auto* bytes = std::get_if<budget_in_bytes>(&budget))
    return fmt::format("{} B", bytes->bytes);
  return fmt::format("{}", std::get<budget_as_share>(budget).share);
}

} // namespace

tl::expected<std::vector<gpu_group>, rejection> read_gpu_groups(const YAML::Node& node) {
  if (!node.IsMap())
    return reject(node, "is {}", shown(node));
  std::vector<gpu_group> groups;
  for (const auto& entry : node) {
    group_reader reader;
    reader.group.name = entry.first.IsScalar() ? entry.first.Scalar() : shown(entry.first);
    if (std::any_of(groups.begin(), groups.end(), [&](const auto& one) { return one.name == reader.group.name; }))
      return reject(entry.first, "holds the group {} twice", reader.group.name);
    if (auto done = reader.read(entry.second); !done)
      return tl::unexpected{done.error()};
    groups.push_back(std::move(reader.group));
  }
  return groups;
}

std::string gpu_groups_as_yaml(const std::vector<gpu_group>& groups) {
  std::vector<std::string> all;
  for (const auto& group : groups) {
    const auto* const indices = std::get_if<std::vector<int>>(&group.devices);
    auto text = fmt::format("{}: {{devices: {}, analyzers: [{}], vram_budget: {}", quoted(group.name),
                            indices == nullptr ? "all" : fmt::format("[{}]", fmt::join(*indices, ", ")),
                            fmt::join(group.analyzers, ", "), budget_text(group.budget));
    if (group.replicas != 1)
      text += fmt::format(", replicas: {}", group.replicas);
    if (group.active_thread_percentage)
      text += fmt::format(", active_thread_percentage: {}", *group.active_thread_percentage);
    all.push_back(text + '}');
  }
  return fmt::format("{{{}}}", fmt::join(all, ", "));
}

} // namespace timeloom
