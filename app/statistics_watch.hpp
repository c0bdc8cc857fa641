/// Looks at the GPUs while a run lasts, and logs what its workers do.
#pragma once

#include "actors/protocol.hpp"
#include "gpu_groups/gpu_sampler.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <optional>
#include <vector>

namespace timeloom {

struct statistics_watch_options {
  coordinator_actor coordinator;
  gpu_sampler* gpus = nullptr;          ///< null: none; its owner may look at it once the actor has ended
  std::chrono::seconds log_interval{0}; ///< 0: nothing is logged
};

/// Of the GPUs that can be used; nothing without any, or without NVML.
std::optional<gpu_sampler> sampler_of(const std::vector<gpu_device>& all);

using statistics_watch_actor = caf::typed_actor<
    /// to itself, five times a second: look at the GPUs
    caf::reacts_to<check_atom>,
    /// to itself: log what there is, at level info
    caf::reacts_to<metrics_atom>>;

/// To be spawned detached: NVML may take its time. Runs until it is told to exit.
statistics_watch_actor::behavior_type statistics_watch(statistics_watch_actor::pointer self,
                                                       statistics_watch_options options);

} // namespace timeloom
