#include "timeline/json_text.hpp"

#include "timeline/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <iterator>
#include <nlohmann/json.hpp>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

class writer {
public:
  writer(int open_levels, bool for_html) : open_levels_(open_levels), for_html_(for_html) {}

  void value(const ordered_json& json, int level) {
    switch (json.type()) {
    case ordered_json::value_t::object:
      return container(json, level, '{', '}');
    case ordered_json::value_t::array:
      return container(json, level, '[', ']');
    case ordered_json::value_t::string:
      return string(json.get_ref<const std::string&>());
    case ordered_json::value_t::boolean:
      text += json.get<bool>() ? "true" : "false";
      return;
    case ordered_json::value_t::number_integer:
      fmt::format_to(std::back_inserter(text), "{}", json.get<std::int64_t>());
      return;
    case ordered_json::value_t::number_unsigned:
      fmt::format_to(std::back_inserter(text), "{}", json.get<std::uint64_t>());
      return;
    case ordered_json::value_t::number_float:
      return number(json.get<double>());
    default:
      text += "null";
    }
  }

  std::string text;

private:
  void container(const ordered_json& json, int level, char open, char close) {
    text += open;
    const bool open_here = level < open_levels_ && !json.empty();
    bool first = true;
    for (const auto& [name, element] : json.items()) {
      if (!first)
        text += open_here ? "," : ", ";
      first = false;
      if (open_here)
        new_line(level + 1);
      if (json.is_object()) {
        string(name);
        text += ": ";
      }
      value(element, level + 1);
    }
    if (open_here)
      new_line(level);
    text += close;
  }

  void new_line(int level) {
    text += '\n';
    text.append(static_cast<std::size_t>(level) * 2, ' ');
  }

  void number(double v) {
    if (!std::isfinite(v)) {
      text += "null";
      return;
    }
    std::array<char, 32> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), v);
    const std::string_view shown(digits.data(), result.ptr);
    text += shown;
    // Seconds stay visibly fractional, so that readers with two number types see the same one everywhere.
    if (shown.find_first_of(".e") == shown.npos)
      text += ".0";
  }

  void string(std::string_view bytes) {
    const std::string repaired = is_utf8(bytes) ? std::string{} : repaired_utf8(bytes);
    const std::string_view s = repaired.empty() ? bytes : std::string_view{repaired};
    text += '"';
    for (std::size_t i = 0; i < s.size(); ++i) {
      const auto c = static_cast<unsigned char>(s[i]);
      if (c == '"' || c == '\\') {
        text += '\\';
        text += s[i];
      } else if (c == '\n') {
        text += "\\n";
      } else if (c == '\t') {
        text += "\\t";
      } else if (c < 0x20 || c == 0x7F || (for_html_ && (c == '<' || c == '>' || c == '&'))) {
        fmt::format_to(std::back_inserter(text), "\\u{:04x}", c);
      } else if (for_html_ && (s.substr(i, 3) == "\xE2\x80\xA8" || s.substr(i, 3) == "\xE2\x80\xA9")) {
        text += s[i + 2] == '\xA8' ? "\\u2028" : "\\u2029";
        i += 2;
      } else {
        text += s[i];
      }
    }
    text += '"';
  }

  int open_levels_;
  bool for_html_;
};

} // namespace

std::string json_text(const ordered_json& json, int open_levels) {
  writer out(open_levels, false);
  out.value(json, 0);
  return std::move(out.text);
}

std::string json_text_for_html(const ordered_json& json) {
  writer out(0, true);
  out.value(json, 0);
  return std::move(out.text);
}

} // namespace timeloom
