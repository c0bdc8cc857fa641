#include "analyzers/frame_grid.hpp"

#include <algorithm>

namespace timeloom {

void sample_grid(const small_frame& frame, int long_side, frame_grid& into) {
  const int width = frame.luma.width;
  const int height = frame.luma.height;
  const int longer = std::max({width, height, 1});
  const int cells = std::min(long_side, longer);
  into.at = frame.at;
  into.matrix = frame.matrix;
  into.width = std::min(width, std::max(1, width * cells / longer));
  into.height = std::min(height, std::max(1, height * cells / longer));
  into.pixels.resize(static_cast<std::size_t>(into.width) * static_cast<std::size_t>(into.height));
  auto* out = into.pixels.data();
  for (int row = 0; row < into.height; ++row) {
    const int y = (2 * row + 1) * height / (2 * into.height);
    const auto* luma = frame.luma.row(y);
    const auto* cb = frame.cb.row(y / 2);
    const auto* cr = frame.cr.row(y / 2);
    // The middle of cell `column` in 16.16 fixed point: a division a pixel would be most of the cost.
    const std::uint32_t step = (static_cast<std::uint32_t>(width) << 16) / static_cast<std::uint32_t>(into.width);
    std::uint32_t middle = step / 2;
    for (int column = 0; column < into.width; ++column, middle += step) {
      const std::uint32_t x = middle >> 16;
      *out++ = {luma[x], cb[x / 2], cr[x / 2]};
    }
  }
}

} // namespace timeloom
