/// UTF-8: valid sequences, normalisation form C, and text that arrives in pieces.
#pragma once

#include "core/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace timeloom {

/// The bytes of the character that `text` begins with, 1 to 4; 0 when it begins with none (Unicode table 3-7).
std::size_t utf8_sequence_length(std::string_view text);

/// The text in normalisation form C. Fails with `errc::invalid_argument` when it is no valid UTF-8.
expected<std::string> normalised_nfc(std::string_view text);

/// Puts characters together from bytes that arrive in pieces. What can belong to no character becomes U+FFFD, one for
/// each maximal part of a sequence (Unicode 3.9, as Rust and browsers do). For one thread.
class utf8_stream {
public:
  /// What is complete now: valid UTF-8, perhaps nothing.
  std::string push(std::string_view bytes);

  /// The end: a sequence that was not completed becomes U+FFFD.
  std::string finish();

private:
  std::string pending_; // at most 3 bytes that may begin a character
};

} // namespace timeloom
