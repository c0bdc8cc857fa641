#include "models/tokenizer/byte_alphabet.hpp"

#include "models/tokenizer/utf8_text.hpp"

#include <array>

namespace timeloom {

namespace {

constexpr bool stands_for_itself(unsigned byte) {
  return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
}

struct alphabet {
  std::array<char16_t, 256> character{};
  std::array<std::int16_t, 0x144> byte{}; // -1: none
};

constexpr alphabet made = [] {
  alphabet table;
  table.byte.fill(-1);
  char16_t next = 0x100;
  for (unsigned byte = 0; byte < 256; ++byte) {
    table.character[byte] = stands_for_itself(byte) ? static_cast<char16_t>(byte) : next++;
    table.byte[table.character[byte]] = static_cast<std::int16_t>(byte);
  }
  return table;
}();

} // namespace

std::string byte_character(std::uint8_t byte) {
  const auto code = made.character[byte];
  if (code < 0x80)
    return {static_cast<char>(code)};
  return {static_cast<char>(0xc0 | (code >> 6)), static_cast<char>(0x80 | (code & 0x3f))};
}

std::optional<std::string> bytes_of_token(std::string_view token) {
  std::string bytes;
  while (!token.empty()) {
    const auto length = utf8_sequence_length(token);
    unsigned code = static_cast<unsigned char>(token[0]);
    if (length == 2)
      code = (code & 0x1fu) << 6 | (static_cast<unsigned char>(token[1]) & 0x3fu);
    if (length == 0 || length > 2 || code >= made.byte.size() || made.byte[code] < 0)
      return {};
    bytes += static_cast<char>(made.byte[code]);
    token.remove_prefix(length);
  }
  return bytes;
}

} // namespace timeloom
