/// How many worker processes of each kind a call may start on this host, and with what.
#pragma once

#include "actors/coordinator.hpp"
#include "app/configuration.hpp"
#include "app/model_plan.hpp"

#include <cstddef>
#include <optional>

namespace timeloom {

/// Media workers, no more than there are `videos` (empty: as many as can be), then those of `models`, then the analysis
/// workers of the CPU, which are the last of `analysis`. Starts nothing; any thread.
coordinator_options plan_host(const configuration& settings, std::optional<std::size_t> videos,
                              const model_plan& models);

/// How many analysis workers a host of so many processor cores gets unless the configuration says it. A video's
/// analyzers are shared out among them, and each looks at one picture at a time: with a single one, faces and people of
/// one video wait for each other while a core is idle. Decoding needs the other half.
int analysis_workers_on(int cores);

} // namespace timeloom
