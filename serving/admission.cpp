#include "serving/admission.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <tuple>

namespace timeloom {

namespace {

enum class rounding : std::uint8_t { down, up };

// "1.2 GB", "2 GB", "350 MB". What is free is rounded down and what is wanted up, so that the two differ in print.
std::string size_text(std::int64_t bytes, rounding to) {
  static constexpr std::array<std::pair<double, const char*>, 4> units{
      {{1e12, "TB"}, {1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}}};
  for (const auto& [size, name] : units)
    if (static_cast<double>(bytes) >= size) {
      const double tenths = static_cast<double>(bytes) / size * 10;
      return fmt::format("{:g} {}", (to == rounding::down ? std::floor(tenths) : std::ceil(tenths)) / 10, name);
    }
  return fmt::format("{} B", bytes);
}

// Why no job may start now; empty: one may.
std::string held_by(const host_room& room, const admission_limits& limits) {
  const auto too_little = [](std::int64_t free, const char* where, std::int64_t wanted) {
    return fmt::format("waits: {} free {}, {} wanted", size_text(free, rounding::down), where,
                       size_text(wanted, rounding::up));
  };
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
  if (std::string held = held_by(room, limits); !held.empty())
    return {std::nullopt, std::move(held)};
  const auto turn = [&](const job_entry& job) {
    return std::tuple{job.lane == job_lane::batch && now - job.changed < limits.ageing, job.id};
  };
  return {std::ranges::min_element(waiting, {}, turn)->id, {}};
}

std::chrono::milliseconds retry_delay(std::chrono::milliseconds first, int attempt) {
  constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
  auto delay = std::min(first, longest);
  for (int i = 1; i < attempt && delay.count() > 0 && delay < longest; ++i)
    delay = std::min(delay * 2, longest);
  return delay;
}

} // namespace timeloom
