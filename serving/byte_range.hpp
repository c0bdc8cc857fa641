/// The Range header (RFC 9110, section 14), for one range of bytes. Plain functions; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace timeloom {

struct byte_range {
  std::int64_t offset = 0;
  std::int64_t bytes = 0;

  bool operator==(const byte_range&) const = default;
};

/// Send all of it: there was no range, or one that need not be understood (other units, several ranges, ill-formed).
struct whole_content {
  bool operator==(const whole_content&) const = default;
};
/// Nothing of what was asked for exists: answer 416.
struct no_such_range {
  bool operator==(const no_such_range&) const = default;
};

using range_answer = std::variant<whole_content, byte_range, no_such_range>;

/// What to send of `size` bytes for the value of a Range header (empty: none was sent).
range_answer range_of(std::string_view header, std::int64_t size);

} // namespace timeloom
