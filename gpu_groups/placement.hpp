/// Which worker runs which analyzer on which device, with what batch size. Plain functions; any thread.
#pragma once

#include "gpu_groups/groups.hpp"

namespace timeloom {

/// What is known of the model of an analyzer.
struct model_load {
  std::string analyzer;
  std::int64_t weight_bytes = 0;
  std::int64_t workspace_bytes_per_frame = 0;
  double seconds_per_video_second = 0; ///< of device time; only compared with each other

  /// What it takes with a batch of one frame.
  std::int64_t least_bytes() const { return weight_bytes + workspace_bytes_per_frame; }
};

struct planned_analyzer {
  std::string analyzer;
  int batch_size = 1;
  std::int64_t bytes = 0; ///< weights and the workspace of a batch
  std::string reason;     ///< why it is on the cpu; empty on a GPU
};

/// One kind of worker process, on one device.
struct worker_plan {
  std::string group;
  std::string device_uuid; ///< empty: the cpu
  std::vector<planned_analyzer> analyzers;
  std::int64_t budget_bytes = 0; ///< of each replica; 0 on the cpu
  int replicas = 1;
  std::optional<int> active_thread_percentage;
};

/// The frames of a batch to start from in a worker with `budget_bytes`: the analyzer's own number from 16 GB on, half
/// of it under 16 GB, a quarter under 8 GB, never under 1.
int starting_batch(std::string_view analyzer, std::int64_t budget_bytes);

/// The plan without configured groups, for the devices that can be used. The unit of work is a video, so copies of
/// everything beat parts:
/// - a device on which all models fit at once gets them all;
/// - the others share one set of models, the longest first to the device with the least to do, where it fits; devices
///   left empty share the next set;
/// - what no device got goes to the cpu, with the reason.
/// A model fits with its weights and the workspace of one frame. A worker's budget is what is free of the device, at
/// most `usable_bytes`, less `overhead` and its own context. Loads of one analyzer each.
std::vector<worker_plan> place(std::span<const model_load> loads, std::span<const gpu_device> devices,
                               const device_overhead& overhead);

/// The plan with configured groups. Models of a group that do not fit its budget at once take turns: each is sized as
/// if alone. An analyzer without a load, or in no group, goes to the cpu with the reason. `errc::invalid_config` as
/// `resolve` says, and when a model alone does not fit its group's budget.
expected<std::vector<worker_plan>> place(std::span<const gpu_group> groups, std::span<const model_load> loads,
                                         std::span<const gpu_device> devices, const device_overhead& overhead);

} // namespace timeloom
