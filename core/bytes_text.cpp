#include "core/bytes_text.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

namespace timeloom {

std::string bytes_text(std::int64_t bytes, rounding to) {
  constexpr std::array<std::string_view, 4> units{"KiB", "MiB", "GiB", "TiB"};
  if (bytes > -1024 && bytes < 1024)
    return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; unit + 1 < units.size() && std::abs(value) >= 1024; ++unit)
    value /= 1024;
  if (to != rounding::nearest)
    value = (to == rounding::down ? std::floor(value * 10) : std::ceil(value * 10)) / 10;
  return fmt::format("{:.1f} {}", value, units.at(unit));
}

} // namespace timeloom
