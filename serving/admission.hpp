/// Which waiting job starts next. Plain functions; any thread.
#pragma once

#include "serving/job_entry.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace timeloom {

struct admission_limits {
  int running_jobs = 2;              ///< at a time
  std::int64_t least_free_bytes = 0; ///< on the disk of the results, else nothing starts
  std::int64_t least_free_memory_bytes = 0;
  std::chrono::minutes ageing{10}; ///< a batch job that waited this long goes before new interactive ones
};

/// What there is now.
struct host_room {
  int running = 0;
  std::int64_t free_bytes = 0;
  std::int64_t free_memory_bytes = 0;
  bool suspect_runs = false; ///< the only one then
};

/// The job to start, or why none does (empty: none waits). Interactive before batch, lower id before higher; but a
/// batch job counts as interactive once it has been queued for `ageing`, so that it is never starved. Suspects, one of
/// which may have ended the daemon, go before all others: each when nothing runs, and nothing starts beside it.
struct admission_choice {
  std::optional<job_id> start;
  std::string held; ///< a sentence such as "waits: 1.2 GiB free on the disk of the results, 2.0 GiB wanted"
};
admission_choice choose_job(std::span<const job_entry> waiting, const host_room& room, const admission_limits& limits,
                            wall_time now);

/// When attempt number `attempt` (from 1) failed: how long until the next, `first` doubled each time up to an hour.
std::chrono::milliseconds retry_delay(std::chrono::milliseconds first, int attempt);

} // namespace timeloom
