/// Nodes of a YAML file as the configuration reads them. Only the files that parse it include this.
#pragma once

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>
#include <string>
#include <string_view>
#include <yaml-cpp/yaml.h>

namespace timeloom {

/// What stands in the file, short enough and harmless to print.
inline std::string shown(std::string_view text) {
  std::string out = "\"";
  for (char c : text.substr(0, 60))
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  return out + (text.size() > 60 ? "...\"" : "\"");
}

inline bool is_quoted(const YAML::Node& node) {
  return node.Tag() == "!";
}

inline std::string shown(const YAML::Node& node) {
  if (node.IsMap())
    return "a map";
  if (node.IsSequence())
    return "a list";
  if (node.IsNull())
    return "empty";
  return shown(std::string_view{node.Scalar()}) + (is_quoted(node) ? " in quotes" : "");
}

/// A finite decimal number that is all of `text`.
template <class T>
std::optional<T> number_in(std::string_view text) {
  if (text.starts_with('+'))
    text.remove_prefix(1);
  T value{};
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failure != std::errc{} || end != text.data() + text.size() || text.starts_with('+'))
    return std::nullopt;
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value))
      return std::nullopt;
  }
  return value;
}

/// `text` as a YAML string in double quotes.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      out += c;
  }
  return out += '"';
}

struct rejection {
  std::string why; ///< after the option's name: "is ...; expected ..."
  int line;        ///< from 0
};

} // namespace timeloom
