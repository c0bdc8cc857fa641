#include "serving/byte_range.hpp"

#include <algorithm>
#include <charconv>

namespace timeloom {

namespace {

/// A number, or nothing when there are no digits. `ok` turns false on anything else, also on one that is too large.
std::optional<std::int64_t> number(std::string_view digits, bool& ok) {
  if (digits.empty())
    return std::nullopt;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  ok = ok && status == std::errc{} && end == digits.data() + digits.size() && value >= 0;
  return value;
}

} // namespace

range_answer range_of(std::string_view header, std::int64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit))
    return whole_content{};
  header.remove_prefix(unit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos)
    return whole_content{};

  bool ok = true;
  const auto first = number(header.substr(0, dash), ok);
  const auto last = number(header.substr(dash + 1), ok);
  if (!ok || (!first && !last) || (first && last && *last < *first))
    return whole_content{};
  if (!first) { // the last so many
    const auto bytes = std::min(*last, size);
    return bytes == 0 ? range_answer{no_such_range{}} : byte_range{size - bytes, bytes};
  }
  if (*first >= size)
    return no_such_range{};
  return byte_range{*first, std::min(last.value_or(size - 1), size - 1) - *first + 1};
}

} // namespace timeloom
