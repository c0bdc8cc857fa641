/// `gpu_groups` in a configuration file: groups by name, in the file's order.
///
///     gpu_groups:
///       detection: {devices: [0, 1], analyzers: [object_detection], vram_budget: 0.45}
///       people: {devices: all, analyzers: [body_pose], vram_budget: 8 GiB, replicas: 2, active_thread_percentage: 50}
#pragma once

#include "app/yaml_value.hpp"
#include "core/error.hpp"
#include "gpu_groups/groups.hpp"

#include <vector>

namespace timeloom {

/// Each value in its range; what groups and devices have to do with each other is not looked at.
tl::expected<std::vector<gpu_group>, rejection> read_gpu_groups(const YAML::Node& node);

/// On one line.
std::string gpu_groups_as_yaml(const std::vector<gpu_group>& groups);

} // namespace timeloom
