/// The analysis worker process: runs sampled analyzers on pictures in shared memory.
#pragma once

#include "analyzers/sampled_analyzer.hpp"

#include <span>

namespace timeloom {

/// Registers with the coordinator over `worker_basp_fd`, takes rings from `worker_channel_fd`, and serves sessions
/// with the analyzers of `table` until the coordinator is gone. Ends the process.
[[noreturn]] void run_analysis_worker(std::span<const sampled_analyzer_factory> table);

} // namespace timeloom
