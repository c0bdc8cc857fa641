/// Reading what only one analyzer gives: a value, or nothing when it is absent or of another kind.
#pragma once

#include "timeline/event.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace timeloom {

inline std::optional<double> number(const attribute& of) {
  if (const auto* real = std::get_if<double>(&of.value))
    return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&of.value))
    return static_cast<double>(*whole);
  return std::nullopt;
}

inline const attribute* find(const attribute::object& in, std::string_view name) {
  for (const auto& [key, value] : in)
    if (key == name)
      return &value;
  return nullptr;
}

inline std::optional<double> number_of(const attribute::object& in, std::string_view name) {
  const auto* found = find(in, name);
  return found != nullptr ? number(*found) : std::nullopt;
}

inline const std::string* words_of(const attribute::object& in, std::string_view name) {
  const auto* found = find(in, name);
  return found != nullptr ? std::get_if<std::string>(&found->value) : nullptr;
}

inline const attribute::list* list_of(const attribute::object& in, std::string_view name) {
  const auto* found = find(in, name);
  return found != nullptr ? std::get_if<attribute::list>(&found->value) : nullptr;
}

inline const attribute::object* object_of(const attribute::object& in, std::string_view name) {
  const auto* found = find(in, name);
  return found != nullptr ? std::get_if<attribute::object>(&found->value) : nullptr;
}

} // namespace timeloom
