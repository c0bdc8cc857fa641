/// What the tests of drawing share: plain pictures, and what has changed on them.
#pragma once

#include "rendering/canvas.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <array>

namespace timeloom::tests {

inline constexpr std::uint8_t gray = 100;

/// A canvas with a gray picture on it.
inline canvas gray_canvas(picture_size size) {
  auto made = canvas::create(size);
  REQUIRE(made);
  std::ranges::fill(made->pixels(), gray);
  made->start();
  return std::move(*made);
}

/// Blue, green and red of a pixel.
inline std::array<int, 3> pixel(const canvas& of, int x, int y) {
  const auto pixels = of.pixels();
  const auto at =
      4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(of.size().width) + static_cast<std::size_t>(x));
  return {pixels[at], pixels[at + 1], pixels[at + 2]};
}

/// How many pixels of the box, a part of the picture, are not gray any more.
inline int changed_in(const canvas& of, const box& area) {
  int changed = 0;
  const auto [width, height] = of.size();
  for (int y = static_cast<int>(area.y * height); y < static_cast<int>((area.y + area.height) * height); ++y)
    for (int x = static_cast<int>(area.x * width); x < static_cast<int>((area.x + area.width) * width); ++x)
      changed += pixel(of, x, y) != std::array<int, 3>{gray, gray, gray};
  return changed;
}

} // namespace timeloom::tests
