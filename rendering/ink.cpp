#include "rendering/ink.hpp"

#include <charconv>

namespace timeloom {

std::optional<ink> ink_from_hex(std::string_view hex) {
  std::uint32_t value = 0;
  if (hex.size() != 7 || hex.front() != '#')
    return std::nullopt;
  const auto [end, problem] = std::from_chars(hex.data() + 1, hex.data() + 7, value, 16);
  if (problem != std::errc{} || end != hex.data() + 7)
    return std::nullopt;
  return ink{(value >> 16) / 255.0, (value >> 8 & 255) / 255.0, (value & 255) / 255.0};
}

} // namespace timeloom
