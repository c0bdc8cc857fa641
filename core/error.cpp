#include "core/error.hpp"

#include <array>
#include <system_error>

namespace timeloom {

namespace {

constexpr std::array<std::pair<errc, std::string_view>, 13> names{{
    {errc::invalid_argument, "invalid_argument"},
    {errc::invalid_config, "invalid_config"},
    {errc::not_found, "not_found"},
    {errc::not_allowed, "not_allowed"},
    {errc::unsupported, "unsupported"},
    {errc::corrupt_media, "corrupt_media"},
    {errc::io, "io"},
    {errc::protocol, "protocol"},
    {errc::worker_lost, "worker_lost"},
    {errc::timeout, "timeout"},
    {errc::cancelled, "cancelled"},
    {errc::exhausted, "exhausted"},
    {errc::internal, "internal"},
}};

} // namespace

std::string_view to_string(errc code) {
  for (const auto& [value, name] : names)
    if (value == code)
      return name;
  return "internal";
}

errc errc_from_string(std::string_view name) {
  for (const auto& [value, text] : names)
    if (text == name)
      return value;
  return errc::internal;
}

std::string errno_text(int number) {
  return std::system_category().message(number);
}

} // namespace timeloom
