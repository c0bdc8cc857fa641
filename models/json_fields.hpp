/// JSON of files that are not trusted: parsed whole, and its fields read with the range they must lie in.
#pragma once

#include "core/error.hpp"

#include <concepts>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace timeloom {

/// An object in which no key stands twice. Fails with a predicate, such as "is no JSON: ..." (`errc::corrupt_media`).
expected<nlohmann::json> parse_json_object(std::string_view text);

/// A value for a message: at most about 60 characters, one line.
std::string one_line(const nlohmann::json& value);

/// Reads the fields of one object. The first that does not fit is kept as the error, and what follows gives the
/// defaults, so that the caller asks once, at the end. For one thread; the object must outlive it.
class json_fields {
public:
  /// `where` names the object in messages, such as "config.json: vision_config".
  json_fields(const nlohmann::json& object, std::string where);

  bool has(std::string_view name) const; ///< it is there and not null

  /// In [least, most]; `otherwise` when it is missing or null, and an error when there is no `otherwise`.
  std::int64_t integer(std::string_view name, std::int64_t least, std::int64_t most,
                       std::optional<std::int64_t> otherwise = {});
  double number(std::string_view name, double least, double most, std::optional<double> otherwise = {});
  bool boolean(std::string_view name, bool otherwise);
  std::string text(std::string_view name, std::optional<std::string> otherwise = {});

  /// An object within, or an empty one when it is missing or null.
  json_fields within(std::string_view name) const;

  /// Says that the field `name` has a value that cannot be used; `expects` completes "expected ...".
  void refuse(std::string_view name, std::string_view expects);

  /// What was wrong first, also in an object within that was given to `take`.
  void take(const json_fields& other);
  const std::optional<error>& wrong() const { return wrong_; }

private:
  const nlohmann::json* find(std::string_view name, bool needed);

  const nlohmann::json* object_;
  std::string where_;
  std::optional<error> wrong_;
};

} // namespace timeloom
