/// Connected parts of the strokes in a picture, with what tells letters from other things. A plain function; any
/// thread may call it.
#pragma once

#include "core/picture.hpp"

#include <vector>

namespace timeloom {

/// Pixels that touch, sides or corners. The box is [left, right) x [top, bottom).
struct stroke_part {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  int area = 0;
  int runs = 0;              ///< horizontal ones: area / runs is about the width of the strokes
  std::int64_t grays = 0;    ///< sum of the grey of the pixels
  std::int64_t standing = 0; ///< sum of how far they stand out
};

/// The parts of the pixels where `standing_out` is above `threshold`, all three of one size.
std::vector<stroke_part> stroke_parts(const plane_view& gray, const plane_view& standing_out,
                                      const plane_view& threshold);

} // namespace timeloom
