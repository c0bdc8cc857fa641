#include "timeline/utf8.hpp"

#include <cstddef>

namespace timeloom {

namespace {

/// One step through the bytes: a well-formed character, or a maximal part that is the start of none.
struct step {
  std::size_t length;
  bool well_formed;
};

step next(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80)
    return {1, true};
  std::size_t trailing = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    trailing = 1;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    trailing = 2;
    if (lead == 0xE0)
      low = 0xA0;
    if (lead == 0xED)
      high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    trailing = 3;
    if (lead == 0xF0)
      low = 0x90;
    if (lead == 0xF4)
      high = 0x8F;
  } else {
    return {1, false};
  }
  for (std::size_t i = 1; i <= trailing; ++i) {
    if (i == bytes.size() || at(i) < low || at(i) > high)
      return {i, false};
    low = 0x80;
    high = 0xBF;
  }
  return {trailing + 1, true};
}

} // namespace

bool is_utf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const step s = next(bytes);
    if (!s.well_formed)
      return false;
    bytes.remove_prefix(s.length);
  }
  return true;
}

std::string repaired_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const step s = next(bytes);
    text += s.well_formed ? bytes.substr(0, s.length) : std::string_view{"\xEF\xBF\xBD"};
    bytes.remove_prefix(s.length);
  }
  return text;
}

std::string one_line(std::string_view bytes) {
  const auto text = repaired_utf8(bytes);
  std::string line;
  line.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool c1 = c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0; // U+0080 to U+009F
    line += c < 0x20 || c == 0x7F || c1 ? '?' : text[i];
    i += c1 ? 1 : 0;
  }
  return line;
}

} // namespace timeloom
