/// Which analyzers can run their models here, and in which worker processes.
#pragma once

#include "actors/coordinator.hpp"
#include "app/configuration.hpp"
#include "gpu_groups/gpu_device.hpp"
#include "gpu_groups/placement.hpp"

#include <map>
#include <string>
#include <vector>

namespace timeloom {

struct model_plan {
  std::vector<analysis_group> groups;         ///< for the coordinator
  std::map<std::string, std::string> skipped; ///< analyzers that cannot run, and why, in a sentence
  std::vector<worker_plan> workers;           ///< the same as `groups`, for people
  std::vector<gpu_device> devices;            ///< of this host
};

/// The manifest's path: the option, or timeloom/models.yaml in $XDG_CONFIG_HOME or ~/.config.
std::string manifest_path(const models_options& options);

/// Of `analyzers`, those that need a model are planned or skipped. Fails when the manifest cannot be used.
expected<model_plan> plan_models(const models_options& options, const std::vector<std::string>& analyzers);

} // namespace timeloom
