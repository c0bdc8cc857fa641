#include "actors/cbor.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

constexpr std::size_t max_depth = 32;
constexpr std::uint64_t max_members = 1024; // of a map: the reader looks each key up among those before it

/// Walks the items without recursion: nlohmann's reader recurses once a level, so depth has to be known before.
expected<void> check_structure(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint64_t> open{1}; // items still to come at each level
  std::size_t at = 0;
  while (!open.empty()) {
    if (open.back() == 0) {
      open.pop_back();
      continue;
    }
    --open.back();
    if (at >= bytes.size())
      return fail(errc::protocol, "a record ends in the middle of a value");
    const int major = bytes[at] >> 5, minor = bytes[at] & 31;
    ++at;
    std::uint64_t argument = static_cast<std::uint64_t>(minor);
    if (minor >= 28)
      return fail(errc::protocol, "a record holds a value of indefinite or reserved length at byte {}", at - 1);
    if (minor >= 24) {
      const std::size_t width = std::size_t{1} << (minor - 24);
      if (bytes.size() - at < width)
        return fail(errc::protocol, "a record ends in the middle of a number");
      argument = 0;
      for (std::size_t i = 0; i < width; ++i)
        argument = argument << 8 | bytes[at++];
    }
    switch (major) {
    case 2: // bytes
    case 3: // text
      if (argument > bytes.size() - at)
        return fail(errc::protocol, "a record promises {} bytes and holds {}", argument, bytes.size() - at);
      at += argument;
      break;
    case 4:                             // list
    case 5:                             // map
      if (argument > bytes.size() - at) // each item takes a byte at least
        return fail(errc::protocol, "a record promises {} items in {} bytes", argument, bytes.size() - at);
      if (major == 5 && argument > max_members)
        return fail(errc::protocol, "a record holds a map of {} members; {} are the most", argument, max_members);
      if (open.size() >= max_depth)
        return fail(errc::protocol, "a record is nested more than {} levels deep", max_depth);
      open.push_back(major == 5 ? 2 * argument : argument);
      break;
    case 6:
      return fail(errc::protocol, "a record holds a tag at byte {}", at - 1);
    default: // numbers and simple values
      break;
    }
  }
  if (at != bytes.size())
    return fail(errc::protocol, "{} bytes follow a record's value", bytes.size() - at);
  return {};
}

} // namespace

std::vector<std::uint8_t> to_cbor(const nlohmann::ordered_json& value) {
  return nlohmann::ordered_json::to_cbor(value);
}

expected<nlohmann::ordered_json> from_cbor(std::span<const std::uint8_t> bytes) {
  if (auto sound = check_structure(bytes); !sound)
    return tl::unexpected{sound.error()};
  auto value = nlohmann::ordered_json::from_cbor(bytes.begin(), bytes.end(), true, false);
  if (value.is_discarded())
    return fail(errc::protocol, "a record is no valid CBOR");
  return value;
}

} // namespace timeloom
