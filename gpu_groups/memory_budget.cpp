#include "gpu_groups/memory_budget.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace timeloom {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 9> units{{
    {"b", 1.},
    {"kb", 1e3},
    {"mb", 1e6},
    {"gb", 1e9},
    {"tb", 1e12},
    {"kib", 0x1p10},
    {"mib", 0x1p20},
    {"gib", 0x1p30},
    {"tib", 0x1p40},
}};

} // namespace

expected<memory_budget> parse_memory_budget(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(errc::invalid_config,
                "the memory budget \"{}\" {}; expected bytes such as \"2 GiB\" or \"500 MB\", or a share of the device "
                "such as 0.45",
                text, why);
  };
  double number = 0;
  const auto* const end = text.data() + text.size();
  const auto [after, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || !std::isfinite(number))
    return refuse("is no amount of memory");
  if (number <= 0)
    return refuse("is not above 0");

  std::string unit{after, end};
  unit.erase(0, unit.find_first_not_of(' '));
  std::transform(unit.begin(), unit.end(), unit.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; });
  if (unit.empty()) {
    if (after != end)
      return refuse("ends with a space");
    if (number > 1)
      return refuse("has no unit and is no share, which is 1 at most");
    return budget_as_share{number};
  }
  for (const auto& [name, factor] : units)
    if (unit == name) {
      const double bytes = std::floor(number * factor);
      if (bytes < 1)
        return refuse("is less than a byte");
      if (bytes > 0x1p60)
        return refuse("is more than any device has");
      return budget_in_bytes{static_cast<std::int64_t>(bytes)};
    }
  return refuse("has an unknown unit");
}

std::int64_t to_bytes(const memory_budget& budget, std::int64_t device_total_bytes) {
  if (const auto* share = std::get_if<budget_as_share>(&budget))
    return static_cast<std::int64_t>(share->share * static_cast<double>(device_total_bytes));
  return std::get<budget_in_bytes>(budget).bytes;
}

} // namespace timeloom
