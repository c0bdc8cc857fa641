#include "core/short_name.hpp"

#include <cstdint>
#include <fmt/format.h>

namespace timeloom {

std::string short_hash(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const unsigned char c : text)
    hash = (hash ^ c) * 16777619U;
  return fmt::format("{:08x}", hash);
}

std::string_view first_bytes(std::string_view text, std::size_t limit) {
  if (limit >= text.size())
    return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80)
    --limit;
  return text.substr(0, limit);
}

std::string shortened(std::string_view name) {
  constexpr std::size_t longest = 200;
  if (name.size() <= longest)
    return std::string{name};
  return fmt::format("{}-{}", first_bytes(name, longest - 9), short_hash(name));
}

} // namespace timeloom
