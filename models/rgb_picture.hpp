/// RGB pictures: somebody else's pixels, and own ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timeloom {

/// 8-bit RGB, (height, width, 3), `stride` bytes from row to row. Does not own the pixels.
struct rgb_view {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride = 0;

  const std::uint8_t* row(int y) const { return data + y * stride; }
};

/// Rows without gaps.
struct rgb_picture {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  rgb_view view() const { return {pixels.data(), width, height, std::ptrdiff_t{3} * width}; }
};

} // namespace timeloom
