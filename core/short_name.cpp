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

std::string shortened(std::string_view name) {
  constexpr std::size_t longest = 200;
  if (name.size() <= longest)
    return std::string{name};
  auto end = longest - 9;
  while (end > 0 && (static_cast<unsigned char>(name[end]) & 0xC0) == 0x80)
    --end;
  return fmt::format("{}-{}", name.substr(0, end), short_hash(name));
}

} // namespace timeloom
