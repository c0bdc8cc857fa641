#include "media/orientation.hpp"

#include <cstdlib>

namespace timeloom {

orientation orientation_of(const std::int32_t matrix[9]) {
  // (x, y) is shown at (a x + c y, b x + d y), with y growing downwards.
  const std::int64_t a = matrix[0], b = matrix[1], c = matrix[3], d = matrix[4];
  if (std::abs(a) + std::abs(d) >= std::abs(b) + std::abs(c))
    return {false, a < 0, d < 0};
  return {true, c < 0, b < 0};
}

} // namespace timeloom
