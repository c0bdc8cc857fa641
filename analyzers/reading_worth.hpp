/// How good readings of a line are. Plain functions; any thread may call them.
#pragma once

#include "analyzers/text_reader.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace timeloom {

/// Confidence of a reading that needs no other.
inline constexpr double sure_reading = 0.9;

/// Confidence under which a reading says hardly anything.
inline constexpr double hopeless_reading = 0.45;

/// Confidence of a word that needs no other.
inline constexpr double sure_word = 0.8;

/// Coverage of a reading that left no letters out.
inline constexpr double whole_line = 0.9;

/// More is better. A reading that left letters out is worth less.
double worth(const line_reading& reading);

/// Of a reading's letters, those of words that the language has, [0, 1].
double known_share(const line_reading& reading);

/// Whether it leaves nothing to ask: one poor word in a long line hardly shows in the line's confidence.
bool is_sure(const line_reading& reading);

bool has_sure(std::span<const line_reading> readings);

/// Leaves the `most` best: sure ones first, then by worth().
void keep_best(std::vector<line_reading>& readings, std::size_t most);

/// 0 without readings.
double best_confidence(std::span<const line_reading> readings);

} // namespace timeloom
