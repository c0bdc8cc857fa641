/// Whether a line still has the same letters. A plain function; any thread may call it.
#pragma once

#include "core/picture.hpp"

namespace timeloom {

/// How much of the ink of one picture the other has too, [0, 1], in the window of about a letter's width where that is
/// least: 1 for the same letters, under about two thirds when one of them is another. Both are line_picture()s with all
/// strokes, of one size or nearly; shifts of a few pixels do not count. 1 when they are smaller than a letter.
double kept_letters(const plane_view& before, const plane_view& now);

} // namespace timeloom
