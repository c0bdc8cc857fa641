/// Places in a picture.
#pragma once

namespace timeloom {

/// A box in the upright picture, all four normalised to [0, 1]: `x`, `y` is the upper left corner.
struct box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  bool operator==(const box&) const = default;
};

} // namespace timeloom
