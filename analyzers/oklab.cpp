#include "analyzers/oklab.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numbers>

namespace timeloom {

namespace {

struct luma_weights {
  float red;
  float blue;
};

constexpr luma_weights weights_of(color_matrix matrix) {
  switch (matrix) {
  case color_matrix::bt601:
    return {0.299F, 0.114F};
  case color_matrix::bt709:
    return {0.2126F, 0.0722F};
  case color_matrix::bt2020:
    break;
  }
  return {0.2627F, 0.0593F};
}

// sRGB's transfer function, IEC 61966-2-1, at the 256 whole values.
const std::array<float, 256>& linear_table() {
  static const auto table = [] {
    std::array<float, 256> values{};
    for (int i = 0; i < 256; ++i) {
      const double coded = i / 255.0;
      values[static_cast<std::size_t>(i)] =
          static_cast<float>(coded <= 0.04045 ? coded / 12.92 : std::pow((coded + 0.055) / 1.055, 2.4));
    }
    return values;
  }();
  return table;
}

float linear(float coded) {
  return linear_table()[static_cast<std::size_t>(std::clamp(coded, 0.0F, 255.0F) + 0.5F)];
}

float coded(float light) {
  const float value = std::clamp(light, 0.0F, 1.0F);
  return 255.0F * (value <= 0.0031308F ? 12.92F * value : 1.055F * std::pow(value, 1 / 2.4F) - 0.055F);
}

} // namespace

float oklab_color::chroma() const {
  return std::hypot(a, b);
}

float oklab_color::hue_degrees() const {
  const float degrees = std::atan2(b, a) * 180.0F / std::numbers::pi_v<float>;
  return degrees < 0 ? degrees + 360.0F : degrees;
}

float squared_distance(const oklab_color& one, const oklab_color& other) {
  const float l = one.lightness - other.lightness;
  const float a = one.a - other.a;
  const float b = one.b - other.b;
  return l * l + a * a + b * b;
}

rgb_color to_rgb(std::uint8_t luma, std::uint8_t cb, std::uint8_t cr, color_matrix matrix) {
  const auto [red_weight, blue_weight] = weights_of(matrix);
  const float green_weight = 1 - red_weight - blue_weight;
  // Full-range chroma is scaled by 255 / 256 around 128, so that 255 is half a step short of the largest difference.
  const float blue_difference = (static_cast<float>(cb) - 128) * 2 * (1 - blue_weight);
  const float red_difference = (static_cast<float>(cr) - 128) * 2 * (1 - red_weight);
  const auto y = static_cast<float>(luma);
  const float green = y - (red_weight * red_difference + blue_weight * blue_difference) / green_weight;
  return {std::clamp(y + red_difference, 0.0F, 255.0F), std::clamp(green, 0.0F, 255.0F),
          std::clamp(y + blue_difference, 0.0F, 255.0F)};
}

oklab_color to_oklab(const rgb_color& color) {
  const float red = linear(color.red);
  const float green = linear(color.green);
  const float blue = linear(color.blue);
  const float l = std::cbrt(0.4122214708F * red + 0.5363325363F * green + 0.0514459929F * blue);
  const float m = std::cbrt(0.2119034982F * red + 0.6806995451F * green + 0.1073969566F * blue);
  const float s = std::cbrt(0.0883024619F * red + 0.2817188376F * green + 0.6299787005F * blue);
  return {0.2104542553F * l + 0.7936177850F * m - 0.0040720468F * s,
          1.9779984951F * l - 2.4285922050F * m + 0.4505937099F * s,
          0.0259040371F * l + 0.7827717662F * m - 0.8086757660F * s};
}

rgb_color to_rgb(const oklab_color& color) {
  const auto cube = [](float value) { return value * value * value; };
  const float l = cube(color.lightness + 0.3963377774F * color.a + 0.2158037573F * color.b);
  const float m = cube(color.lightness - 0.1055613458F * color.a - 0.0638541728F * color.b);
  const float s = cube(color.lightness - 0.0894841775F * color.a - 1.2914855480F * color.b);
  return {coded(4.0767416621F * l - 3.3077115913F * m + 0.2309699292F * s),
          coded(-1.2684380046F * l + 2.6097574011F * m - 0.3413193965F * s),
          coded(-0.0041960863F * l - 0.7034186147F * m + 1.7076147010F * s)};
}

std::string to_hex(const rgb_color& color) {
  const auto whole = [](float value) { return static_cast<int>(std::clamp(value, 0.0F, 255.0F) + 0.5F); };
  return fmt::format("#{:02x}{:02x}{:02x}", whole(color.red), whole(color.green), whole(color.blue));
}

} // namespace timeloom
