/// A line of text as the recogniser likes it, and how alike two such pictures are.
///
/// Plain functions; any thread may call them.
#pragma once

#include "analyzers/letter_color.hpp"

namespace timeloom {

/// Height of tall letters in a line picture, px.
inline constexpr int line_letter_px = 30;

/// What of a line is drawn.
enum class letter_choice : std::uint8_t {
  grays,    ///< nothing is taken out
  all,      ///< every narrow part that stands out
  enclosed, ///< those that outlines or background enclose, and that are as light as the others beside them
  colored,  ///< every narrow part that has the letters' colour, see letters_by_color(); `all` where colours are missing
};

/// The line in `region` of `picture`, with a margin: dark letters on a lighter ground, which is white where something
/// was taken out, tall letters `line_letter_px` high.
plane line_picture(const text_picture& picture, const text_region& region, letter_choice choice = letter_choice::all);

/// Whether the line is in `with`, however faint, and not, or more faintly, in `without`, a picture of the same size
/// (empty: nothing is known of it): the strokes of what `with` has more fit those of `letters` at the line's place, and
/// at no other near it. `letters` is the line_picture() of `region` with all strokes.
bool shows_faintly(const plane_view& letters, const text_region& region, const plane_view& with,
                   const plane_view& without);

/// 1 for the same letters at the same places, about 0 for unrelated ones, below for opposites: the normalised
/// correlation at the best of small shifts, after the second was brought to the first's size. 0 when either is flat
/// or their shapes differ much.
double likeness(const plane_view& a, const plane_view& b);

} // namespace timeloom
