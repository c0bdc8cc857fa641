/// Where in a picture a line of text is likely.
///
/// Letters are strokes: narrow parts that are lighter or darker than what is around them. A top-hat (Serra, "Image
/// Analysis and Mathematical Morphology", 1982) keeps narrow parts whatever lies behind them; its connected components
/// of a letter's size that stand on one baseline, are about as high, as wide in their strokes and as light as each
/// other make a line. This is done at sizes a factor of 2 apart, so that letters from 6 px to a third of the picture
/// are found. A plain function without state; any thread may call it.
#pragma once

#include "core/picture.hpp"

#include <vector>

namespace timeloom {

/// [left, left + width) x [top, top + height) of a picture's pixels.
struct pixel_box {
  int left = 0;
  int top = 0;
  int width = 0;
  int height = 0;

  bool operator==(const pixel_box&) const = default;
};

double pixels_of(const pixel_box& area);

/// The pixels that both cover.
double shared_pixels(const pixel_box& a, const pixel_box& b);

/// A line that may be text.
struct text_region {
  pixel_box area;        ///< of the letters, without margin, inside the picture
  double letter_px = 0;  ///< height of the tall letters
  bool light = true;     ///< letters are lighter than what they stand on
  bool either = false;   ///< the opposite is nearly as likely: outlines look like letters too
  double level = 0;      ///< of the strokes, in levels of grey
  double contrast = 0;   ///< how far they stand out
  double likelihood = 0; ///< above 0; more is likelier
};

/// The likely lines of `gray`, the likeliest first; where several overlap, the likeliest only.
std::vector<text_region> find_text_regions(const plane_view& gray);

} // namespace timeloom
