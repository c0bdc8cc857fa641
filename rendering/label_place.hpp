/// Where the label of a box goes. A plain function.
#pragma once

#include <span>

namespace timeloom {

/// In pixels: `x`, `y` is the upper left corner.
struct pixel_box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  bool operator==(const pixel_box&) const = default;
};

/// The area that both cover.
double shared_area(const pixel_box& a, const pixel_box& b);

/// A place for a label of the size of `label` beside `about`, inside `picture` and off what is `taken`: above it, below
/// it, else inside of its edges. Where there is no free one, the one that covers the least of what is taken.
pixel_box label_place(const pixel_box& label, const pixel_box& about, const pixel_box& picture,
                      std::span<const pixel_box> taken);

} // namespace timeloom
