/// How a stored picture is turned to stand upright.
#pragma once

#include <cstdint>

namespace timeloom {

/// First transposed (rows become columns) when `transpose`, then mirrored left to right and upside down.
struct orientation {
  bool transpose = false;
  bool flip_x = false;
  bool flip_y = false;

  bool operator==(const orientation&) const = default;
  bool is_upright() const { return !transpose && !flip_x && !flip_y; }

  /// Clockwise degrees of the turn; a mirrored picture is reported by the turn that comes with it.
  int degrees() const {
    if (transpose)
      return flip_x ? 90 : 270;
    return flip_x && flip_y ? 180 : 0;
  }
};

/// From a 3x3 display matrix in row-major order (ISO/IEC 14496-12, 16.16 fixed point). Turns by other angles than
/// quarters are taken as the nearest one.
orientation orientation_of(const std::int32_t matrix[9]);

} // namespace timeloom
