/// Colours in OKLab, in which equal distances look about equally different.
///
/// B. Ottosson, "A perceptual color space for image processing", 2020, https://bottosson.github.io/posts/oklab/.
#pragma once

#include "core/picture.hpp"

#include <cstdint>
#include <string>

namespace timeloom {

/// sRGB with its transfer function, each 0 to 255; not rounded.
struct rgb_color {
  float red = 0;
  float green = 0;
  float blue = 0;
};

/// `lightness` from 0 (black) to 1 (white); `a` towards red, `b` towards yellow, both 0 for greys and within +-0.4.
struct oklab_color {
  float lightness = 0;
  float a = 0;
  float b = 0;

  float chroma() const;
  float hue_degrees() const; ///< [0, 360)
};

float squared_distance(const oklab_color& one, const oklab_color& other);

/// Full-range YCbCr to RGB, clipped to [0, 255]. The coefficients follow from the luma weights of ITU-R BT.601-7,
/// BT.709-6 and BT.2020-2. The picture's primaries and transfer function are taken for sRGB's.
rgb_color to_rgb(std::uint8_t luma, std::uint8_t cb, std::uint8_t cr, color_matrix matrix);

oklab_color to_oklab(const rgb_color& color);
rgb_color to_rgb(const oklab_color& color); ///< clipped to [0, 255]

/// "#rrggbb"
std::string to_hex(const rgb_color& color);

} // namespace timeloom
