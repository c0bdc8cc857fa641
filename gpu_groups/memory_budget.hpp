/// How much of a device's memory one worker may take, as users write it. Plain values; any thread.
#pragma once

#include "core/error.hpp"

#include <string>
#include <string_view>
#include <variant>

namespace timeloom {

struct budget_in_bytes {
  std::int64_t bytes = 0;

  bool operator==(const budget_in_bytes&) const = default;
};

/// A part of the device's total memory, in (0, 1].
struct budget_as_share {
  double share = 0;

  bool operator==(const budget_as_share&) const = default;
};

using memory_budget = std::variant<budget_in_bytes, budget_as_share>;

/// "2 GiB", "500 MB" (units: B, kB, MB, GB, TB, KiB, MiB, GiB, TiB, in any case, with a space or none) or a share such
/// as "0.45". `errc::invalid_config` for anything else, for nothing, and for less than nothing.
expected<memory_budget> parse_memory_budget(std::string_view text);

/// Rounded down to whole bytes.
std::int64_t to_bytes(const memory_budget& budget, std::int64_t device_total_bytes);

} // namespace timeloom
