/// A line of text by its letters' own colour. A plain function; any thread may call it.
#pragma once

#include "analyzers/text_regions.hpp"

namespace timeloom {

/// A picture in which text is looked for; in colours too, or `bgr` is empty. Does not own its pixels.
struct text_picture {
  text_picture(const plane_view& gray_, const bgr_view& bgr_ = {}) : gray(gray_), bgr(bgr_) {}

  plane_view gray;
  bgr_view bgr;
};

/// A part of a picture, with the line that is in it.
struct line_part {
  plane gray;
  text_region region;
};

/// The line in `region` and what is beside it, by how near each pixel is to the colour of the letters, in the channel
/// in which it is furthest: letters are light, and what has another colour is darker, even where it is as bright as
/// they are.
line_part letters_by_color(const bgr_view& bgr, const text_region& region);

} // namespace timeloom
