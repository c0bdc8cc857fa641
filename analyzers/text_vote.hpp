/// Several readings of one line made into one, and whether it is text at all. Plain functions; any thread may call
/// them.
#pragma once

#include "analyzers/text_reader.hpp"

#include <span>
#include <string>
#include <string_view>

namespace timeloom {

/// How alike two texts are, 0 to 1: 1 minus the edit distance over the longer length, in bytes.
double text_similarity(std::string_view a, std::string_view b);

/// The reading that the others, by their confidence, are most like, with the highest confidence of those equal to it.
/// `readings` must not be empty.
line_reading voted(std::span<const line_reading> readings);

/// `whole` with its poor words and gaps filled with sure and known words that other readings of the line have there:
/// over a ground of several colours each way of reading makes out a part of it. Readings of pictures of another width
/// are left aside.
line_reading with_words_of(line_reading whole, std::span<const line_reading> readings);

/// Without marks by themselves at the ends, which are what the margin looked like, but for a ? or ! after a last word,
/// which is put to it.
std::string tidied(const std::string& text);

/// Whether letters and words are such as text has: enough letters, few marks among them.
bool looks_like_text(std::string_view text);

/// Whether it may be a short answer, a number, a time or a price: two letters or digits, and no more marks than these.
bool looks_like_short_text(std::string_view text);

/// Whether a byte is a letter or digit, or the first of one with several; it is told by the first byte alone, so a few
/// letters are missed.
bool is_letter(char c);

/// Whether a byte is of a UTF-8 character and not its first.
bool continues_character(char c);

/// How many letters and digits; a UTF-8 character counts once.
int letters_in(std::string_view text);

} // namespace timeloom
