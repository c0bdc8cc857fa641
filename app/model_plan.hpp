/// Which analyzers can run their models here, and in which worker processes.
#pragma once

#include "actors/coordinator.hpp"
#include "app/configuration.hpp"
#include "app/measured_models.hpp"
#include "gpu_groups/gpu_device.hpp"
#include "gpu_groups/placement.hpp"
#include "gpu_groups/worker_environment.hpp"
#include "model_cache/manifest.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace timeloom {

struct model_plan {
  std::vector<analysis_group> groups;         ///< for the coordinator
  std::map<std::string, std::string> skipped; ///< analyzers that cannot run, and why, in a sentence
  std::map<std::string, std::string> without; ///< analyzers that run without a model, in analysis workers; likewise
  std::map<std::string, std::string> keys;    ///< of the models that analyzers run: see `model_key`
  std::vector<worker_plan> workers;           ///< the same as `groups`, for people
  std::vector<model_entry> models;            ///< those that run
  std::vector<gpu_device> devices;            ///< of this host
  std::map<std::string, mps_client> mps;      ///< how to use the MPS servers that run, by UUID of their GPU
};

/// The analyzers that run without a model though they could run one.
std::set<std::string> without_model(const model_plan& plan);

/// Whether a model of the plan runs on a GPU.
bool uses_gpus(const model_plan& plan);

/// A text that changes with the manifest's entry and with the model's file, or the files in its folder: by size and
/// time, because models are large.
std::string model_key(const model_entry& model);

/// The manifest's path: the option, or timeloom/models.yaml in $XDG_CONFIG_HOME or ~/.config.
std::string manifest_path(const models_options& options);

/// What a process on the GPU with this UUID (empty: on the processor) needs in its environment.
std::vector<std::string> environment_on(const model_plan& plan, const std::string& device_uuid);

/// Of `analyzers`, those that can run a model are planned, with or without it, or skipped. Sizes and times are those
/// `known`, else guesses from the files. Looks at the GPUs only where models run or videos are decoded on one may be,
/// and starts their MPS servers where `settings` say so, and nothing else. Fails when the manifest cannot be used.
expected<model_plan> plan_models(const configuration& settings, const std::vector<std::string>& analyzers,
                                 const measured_models& known);

/// What earlier runs measured, from `measured_models_file`; a file that cannot be used is told to stderr.
measured_models known_models();

/// Puts what the workers of `plan` tell of their models into `known`.
void take_measurements(const model_plan& plan, const metrics_report& told, measured_models& known);

/// The same, and keeps it for later runs; that this failed is told to the log.
void remember_models(const model_plan& plan, const metrics_report& told, measured_models& known);

/// What a process whose model workers are those of `running` can do of `wanted`: the models are the ones that it
/// started with, and analyzers that want another worker are skipped with the reason.
model_plan with_workers_of(const model_plan& running, const model_plan& wanted);

} // namespace timeloom
