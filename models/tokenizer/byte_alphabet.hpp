/// How a byte-level vocabulary writes bytes as characters, as GPT-2 does: printable Latin-1 as itself, the 68 other
/// bytes as U+0100 and up in their order, so that a space is "Ġ" (https://github.com/openai/gpt-2, encoder.py).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace timeloom {

/// The character, in UTF-8, that stands for a byte.
std::string byte_character(std::uint8_t byte);

/// The bytes that the characters of `token` stand for; nothing when one of them stands for no byte.
std::optional<std::string> bytes_of_token(std::string_view token);

} // namespace timeloom
