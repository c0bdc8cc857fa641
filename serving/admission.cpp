#include "serving/admission.hpp"

#include "core/bytes_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace timeloom {

namespace {

// Why `first` may not start now; empty: it may.
std::string held_by(const job_entry& first, const host_room& room, const admission_limits& limits) {
  const auto too_little = [](std::int64_t free, const char* where, std::int64_t wanted) {
    return fmt::format("waits: {} free {}, {} wanted", bytes_text(free, rounding::down), where,
                       bytes_text(wanted, rounding::up));
  };
  if (room.suspect_runs)
    return "waits: the job that runs was running when the daemon died, so it runs alone";
  if (first.suspect && room.running > 0)
    return fmt::format("waits: job {} was running when the daemon died, so it runs alone, and next", first.id);
  if (room.running >= limits.running_jobs)
    return fmt::format("waits: {} running, no more at a time",
                       room.running == 1 ? "1 job is" : fmt::format("{} jobs are", room.running));
  if (room.free_bytes < limits.least_free_bytes)
    return too_little(room.free_bytes, "on the disk of the results", limits.least_free_bytes);
  if (room.free_memory_bytes < limits.least_free_memory_bytes)
    return too_little(room.free_memory_bytes, "in memory", limits.least_free_memory_bytes);
  return {};
}

} // namespace

admission_choice choose_job(std::span<const job_entry> waiting, const host_room& room, const admission_limits& limits,
                            wall_time now) {
  if (waiting.empty())
    return {};
  const auto turn = [&](const job_entry& job) {
    // The one that most deaths were charged to comes last: the others are through before the next.
    return std::tuple{!job.suspect, job.suspect ? job.interruptions : 0,
                      job.lane == job_lane::batch && now - job.changed < limits.ageing, job.id};
  };
  const auto& first = *std::ranges::min_element(waiting, {}, turn);
  if (std::string held = held_by(first, room, limits); !held.empty())
    return {std::nullopt, std::move(held)};
  return {first.id, {}};
}

std::chrono::milliseconds retry_delay(std::chrono::milliseconds first, int attempt) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  auto delay = std::min(first, longest);
  for (int i = 1; i < attempt && delay.count() > 0 && delay < longest; ++i)
    delay = std::min(delay * 2, longest);
  return delay;
}

} // namespace timeloom
