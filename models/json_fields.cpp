#include "models/json_fields.hpp"

#include <array>
#include <set>

namespace timeloom {

namespace {
constexpr int most_depth = 16; // so that a hostile file cannot nest its way to gigabytes
}

expected<nlohmann::json> parse_json_object(std::string_view text) {
  std::array<std::set<std::string>, most_depth> keys; // of the objects that are open, by depth
  std::string twice;
  const nlohmann::json::parser_callback_t note = [&](int depth, nlohmann::json::parse_event_t event,
                                                     nlohmann::json& name) {
    const auto at = static_cast<std::size_t>(depth);
    if (depth >= most_depth)
      return false; // deeper values are left out
    if (event == nlohmann::json::parse_event_t::object_start)
      keys[at].clear();
    else if (event == nlohmann::json::parse_event_t::key)
      if (!keys[at - 1].insert(name.get_ref<const std::string&>()).second && twice.empty())
        twice = name.get_ref<const std::string&>();
    return true;
  };
  auto parsed = nlohmann::json::parse(text, note, false);
  if (parsed.is_discarded())
    return fail(errc::corrupt_media, "is no JSON");
  if (!parsed.is_object())
    return fail(errc::corrupt_media, "is no JSON object");
  if (!twice.empty())
    return fail(errc::corrupt_media, "names {} twice", twice);
  return parsed;
}

std::string one_line(const nlohmann::json& value) {
  auto text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  if (text.size() > 60)
    text.replace(57, text.npos, "...");
  return text;
}

json_fields::json_fields(const nlohmann::json& object, std::string where)
    : object_(&object), where_(std::move(where)) {}

bool json_fields::has(std::string_view name) const {
  const auto found = object_->find(name);
  return found != object_->end() && !found->is_null();
}

const nlohmann::json* json_fields::find(std::string_view name, bool needed) {
  if (wrong_)
    return nullptr;
  if (has(name))
    return &*object_->find(name);
  if (needed)
    wrong_ = error{errc::invalid_config, fmt::format("{}: {} is missing", where_, name)};
  return nullptr;
}

std::int64_t json_fields::integer(std::string_view name, std::int64_t least, std::int64_t most,
                                  std::optional<std::int64_t> otherwise) {
  const auto* const value = find(name, !otherwise);
  if (value == nullptr)
    return otherwise.value_or(least);
  if (value->is_number_integer() && !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) &&
      value->get<std::int64_t>() >= least && value->get<std::int64_t>() <= most)
    return value->get<std::int64_t>();
  refuse(name, fmt::format("a whole number from {} to {}", least, most));
  return least;
}

double json_fields::number(std::string_view name, double least, double most, std::optional<double> otherwise) {
  const auto* const value = find(name, !otherwise);
  if (value == nullptr)
    return otherwise.value_or(least);
  if (value->is_number() && value->get<double>() >= least && value->get<double>() <= most)
    return value->get<double>();
  refuse(name, fmt::format("a number from {} to {}", least, most));
  return least;
}

bool json_fields::boolean(std::string_view name, bool otherwise) {
  const auto* const value = find(name, false);
  if (value != nullptr && !value->is_boolean())
    refuse(name, "true or false");
  return value != nullptr && value->is_boolean() ? value->get<bool>() : otherwise;
}

std::string json_fields::text(std::string_view name, std::optional<std::string> otherwise) {
  const auto* const value = find(name, !otherwise);
  if (value != nullptr && value->is_string())
    return value->get<std::string>();
  if (value != nullptr)
    refuse(name, "a text");
  return otherwise.value_or("");
}

json_fields json_fields::within(std::string_view name) const {
  static const nlohmann::json none = nlohmann::json::object();
  json_fields made{none, where_ + ": " + std::string{name}};
  if (has(name) && object_->find(name)->is_object())
    made.object_ = &*object_->find(name);
  else if (has(name))
    made.wrong_ = error{errc::invalid_config, fmt::format("{} is no object", made.where_)};
  return made;
}

void json_fields::refuse(std::string_view name, std::string_view expects) {
  if (!wrong_)
    wrong_ = error{errc::invalid_config, fmt::format("{}: {} is {}; expected {}", where_, name,
                                                     has(name) ? one_line(*object_->find(name)) : "missing", expects)};
}

void json_fields::take(const json_fields& other) {
  if (!wrong_)
    wrong_ = other.wrong_;
}

} // namespace timeloom
