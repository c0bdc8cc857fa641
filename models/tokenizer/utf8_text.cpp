#include "models/tokenizer/utf8_text.hpp"

#include <algorithm>
#include <memory>
#include <utf8proc.h>
#include <utility>

namespace timeloom {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd"; // U+FFFD

/// How far a sequence at the beginning of `text` gets.
struct sequence {
  std::size_t length = 0; ///< bytes that belong together, at least 1
  bool complete = false;  ///< they are a character
  bool may_go_on = false; ///< the text ends before it can be said
};

sequence first_sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80)
    return {1, true, false};
  if (lead < 0xc2 || lead > 0xf4)
    return {1, false, false};
  const std::size_t length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  // The second byte excludes overlong forms, surrogates and what is beyond U+10FFFF.
  const unsigned least = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const unsigned most = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  for (std::size_t i = 1; i < length; ++i) {
    if (i == text.size())
      return {i, false, true};
    if (byte(i) < (i == 1 ? least : 0x80) || byte(i) > (i == 1 ? most : 0xbf))
      return {i, false, false};
  }
  return {length, true, false};
}

} // namespace

std::size_t utf8_sequence_length(std::string_view text) {
  if (text.empty())
    return 0;
  const auto found = first_sequence(text);
  return found.complete ? found.length : 0;
}

expected<std::string> normalised_nfc(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
    return std::string{text};
  utf8proc_uint8_t* made = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                   &made, static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{made, &std::free};
  if (size < 0)
    return fail(size == UTF8PROC_ERROR_INVALIDUTF8 ? errc::invalid_argument : errc::exhausted,
                "a text cannot be normalised: {}", utf8proc_errmsg(size));
  return std::string{reinterpret_cast<const char*>(made), static_cast<std::size_t>(size)};
}

std::string utf8_stream::push(std::string_view bytes) {
  const std::string all = std::exchange(pending_, {}) + std::string{bytes};
  std::string complete;
  for (std::string_view rest = all; !rest.empty();) {
    const auto next = first_sequence(rest);
    if (next.may_go_on) {
      pending_ = rest;
      break;
    }
    complete += next.complete ? rest.substr(0, next.length) : replacement;
    rest.remove_prefix(next.length);
  }
  return complete;
}

std::string utf8_stream::finish() {
  return std::exchange(pending_, {}).empty() ? std::string{} : std::string{replacement};
}

} // namespace timeloom
