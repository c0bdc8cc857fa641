#include "serving/job_entry.hpp"

#include <algorithm>
#include <array>

namespace timeloom {

namespace {

constexpr std::array<std::string_view, 9> state_names{"queued",  "paused", "running",     "publishing", "done",
                                                      "partial", "failed", "quarantined", "cancelled"};
constexpr std::array<std::string_view, 2> lane_names{"interactive", "batch"};

template <class Enum, std::size_t Size>
std::optional<Enum> named(const std::array<std::string_view, Size>& names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end())
    return std::nullopt;
  return static_cast<Enum>(found - names.begin());
}

} // namespace

std::string_view to_string(job_state state) {
  return state_names.at(static_cast<std::size_t>(state));
}

std::string_view to_string(job_lane lane) {
  return lane_names.at(static_cast<std::size_t>(lane));
}

std::optional<job_state> job_state_from_string(std::string_view name) {
  return named<job_state>(state_names, name);
}

std::optional<job_lane> job_lane_from_string(std::string_view name) {
  return named<job_lane>(lane_names, name);
}

bool is_final(job_state state) {
  return state >= job_state::done;
}

} // namespace timeloom
