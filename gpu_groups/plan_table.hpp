/// The plan as text for people: what `timeloom plan` prints.
#pragma once

#include "gpu_groups/placement.hpp"

namespace timeloom {

/// A table with a row for each analyzer of each worker (group, device, analyzer, batch, memory, budget), and below it a
/// sentence for each analyzer on the cpu, each group whose models take turns, and each of `devices` that is not used.
/// Ends with a line end. Any thread.
std::string plan_table(std::span<const worker_plan> plans, std::span<const gpu_device> devices);

} // namespace timeloom
