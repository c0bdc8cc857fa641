/// Checked reading of a JSON object that somebody untrusted wrote.
///
/// A reader takes the members it knows one by one; the first thing that does not fit is kept as the error and every
/// later read gives a default, so that a codec is a list of reads with one question at its end. Not thread-safe.
#pragma once

#include "core/error.hpp"
#include "core/media_time.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace timeloom {

class json_members {
public:
  /// `what` names the object in messages ("event"). Both arguments must outlive the reader.
  json_members(const nlohmann::ordered_json& object, std::string_view what);

  /// The member, or null when it is absent; either way it counts as known.
  const nlohmann::ordered_json* find(const char* name);

  bool has(const char* name) const;
  bool boolean(const char* name);
  /// Must be an integer in [low, high].
  std::int64_t integer(const char* name, std::int64_t low, std::int64_t high);
  /// A frame's index or a count: an integer from 0 to 2^53, which every JSON reader holds exactly.
  std::int64_t count(const char* name) { return integer(name, 0, std::int64_t{1} << 53); }
  /// Must be finite and in [low, high].
  double number(const char* name, double low, double high);
  /// Seconds as `media_time`, at most 100 years in size.
  media_time seconds(const char* name);
  /// UTF-8 of at most `limit` bytes.
  std::string string(const char* name, std::size_t limit);
  /// One word of at most 64 ASCII letters, digits, '_', '-' or '.'.
  std::string identifier(const char* name);
  /// What `from_string` knows by the identifier; `what` is one of these, in words.
  template <class Enum>
  Enum enumerator(const char* name, std::optional<Enum> (*from_string)(std::string_view), std::string_view what);

  /// Each of the elements of a list, by `read`, into `into`.
  template <class Found>
  void list(const char* name, std::vector<Found>& into, expected<Found> (*read)(const nlohmann::ordered_json&)) {
    const auto* found = find(name);
    if (found == nullptr || !found->is_array())
      return refuse("\"{}\" is no list", name);
    into.reserve(found->size());
    for (const auto& element : *found) {
      auto one = read(element);
      if (!one)
        return refuse(std::move(one.error()));
      into.push_back(std::move(*one));
    }
  }

  template <class... Args>
  void refuse(fmt::format_string<Args...> text, Args&&... args) {
    if (!problem_)
      problem_ = error{errc::protocol, fmt::format("{}: {}", what_, fmt::format(text, std::forward<Args>(args)...))};
  }
  void refuse(error problem) {
    if (!problem_)
      problem_ = std::move(problem);
  }
  bool ok() const { return !problem_; }

  /// The first problem; else a refusal when the object has a member that was never asked for; else nothing.
  std::optional<error> finish();

private:
  const nlohmann::ordered_json* required(const char* name);

  const nlohmann::ordered_json& object_;
  std::string_view what_;
  std::size_t known_ = 0; ///< members asked for and present
  std::optional<error> problem_;
};

/// `text` shortened and made printable, for messages that quote what an untrusted process sent.
std::string printable(std::string_view text);

template <class Enum>
Enum json_members::enumerator(const char* name, std::optional<Enum> (*from_string)(std::string_view),
                              std::string_view what) {
  const auto given = identifier(name);
  const auto known = from_string(given);
  if (!known)
    refuse("{} is no {}", printable(given), what);
  return known.value_or(Enum{});
}

} // namespace timeloom
