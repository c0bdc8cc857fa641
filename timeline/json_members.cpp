#include "timeline/json_members.hpp"

#include "timeline/utf8.hpp"

#include <cmath>

namespace timeloom {

using nlohmann::ordered_json;

namespace {

constexpr double century_s = 100 * 365.25 * 86400;

bool is_identifier(std::string_view word) {
  if (word.empty() || word.size() > 64)
    return false;
  for (const char c : word)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
          c == '.'))
      return false;
  return true;
}

} // namespace

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string shown = "\"";
  for (const char c : text.substr(0, longest))
    shown += c >= 0x20 && c < 0x7F && c != '"' ? c : '?';
  shown += text.size() > longest ? "...\"" : "\"";
  return shown;
}

json_members::json_members(const ordered_json& object, std::string_view what) : object_(object), what_(what) {
  if (!object.is_object())
    refuse("is a JSON {}, not an object", object.type_name());
  // Reads look through the members one after the other, so their number is bounded before the first of them.
  else if (object.size() > 64)
    refuse("has {} members", object.size());
}

bool json_members::has(const char* name) const {
  return ok() && object_.contains(name);
}

const ordered_json* json_members::find(const char* name) {
  if (!ok())
    return nullptr;
  const auto member = object_.find(name);
  if (member == object_.end())
    return nullptr;
  ++known_;
  return &*member;
}

const ordered_json* json_members::required(const char* name) {
  const ordered_json* member = find(name);
  if (!member)
    refuse("\"{}\" is missing", name);
  return member;
}

bool json_members::boolean(const char* name) {
  const ordered_json* member = required(name);
  if (!member)
    return false;
  if (!member->is_boolean()) {
    refuse("\"{}\" is a JSON {}, not true or false", name, member->type_name());
    return false;
  }
  return member->get<bool>();
}

std::int64_t json_members::integer(const char* name, std::int64_t low, std::int64_t high) {
  const ordered_json* member = required(name);
  if (!member)
    return low;
  if (!member->is_number_integer()) {
    refuse("\"{}\" is not an integer", name);
    return low;
  }
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX)) {
    refuse("\"{}\" is {}, not within [{}, {}]", name, member->get<std::uint64_t>(), low, high);
    return low;
  }
  const auto value = member->get<std::int64_t>();
  if (value < low || value > high) {
    refuse("\"{}\" is {}, not within [{}, {}]", name, value, low, high);
    return low;
  }
  return value;
}

double json_members::number(const char* name, double low, double high) {
  const ordered_json* member = required(name);
  if (!member)
    return low;
  if (!member->is_number()) {
    refuse("\"{}\" is a JSON {}, not a number", name, member->type_name());
    return low;
  }
  const auto value = member->get<double>();
  if (!std::isfinite(value) || value < low || value > high) {
    refuse("\"{}\" is {}, not within [{}, {}]", name, value, low, high);
    return low;
  }
  return value;
}

media_time json_members::seconds(const char* name) {
  return from_seconds(ok() ? number(name, -century_s, century_s) : 0);
}

std::string json_members::string(const char* name, std::size_t limit) {
  const ordered_json* member = required(name);
  if (!member)
    return {};
  if (!member->is_string()) {
    refuse("\"{}\" is a JSON {}, not a string", name, member->type_name());
    return {};
  }
  const auto& text = member->get_ref<const std::string&>();
  if (text.size() > limit) {
    refuse("\"{}\" has {} bytes, over {}", name, text.size(), limit);
    return {};
  }
  if (!is_utf8(text)) {
    refuse("\"{}\" is not UTF-8", name);
    return {};
  }
  return text;
}

std::string json_members::identifier(const char* name) {
  std::string word = string(name, 64);
  if (ok() && !is_identifier(word)) {
    refuse("\"{}\" is {}, which is no identifier", name, printable(word));
    return {};
  }
  return word;
}

std::optional<error> json_members::finish() {
  if (ok() && known_ != object_.size())
    refuse("has {} members that do not belong there", object_.size() - known_);
  return problem_;
}

} // namespace timeloom
