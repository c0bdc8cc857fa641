#include "analyzers/color_names.hpp"

#include <array>
#include <string_view>

namespace timeloom {

namespace {

// A hue's range ends below `until` degrees in OKLab. Its plain name holds for lightness in [dark, light); names of
// their own ("brown" for a dark orange) stand in place of "dark" or "light" and the name.
struct hue_range {
  float until;
  float dark;
  float light;
  std::string_view darker;
  std::string_view plain;
  std::string_view lighter;
};

constexpr std::array<hue_range, 12> hues{{
    {15, 0.45F, 0.72F, "dark red", "red", "pink"},
    {38, 0.45F, 0.72F, "dark red", "red", "pink"},
    {78, 0.66F, 0.86F, "brown", "orange", "light orange"},
    {95, 0.68F, 0.93F, "brown", "yellow", "light yellow"},
    {120, 0.72F, 0.975F, "olive", "yellow", "light yellow"},
    {165, 0.45F, 0.88F, "dark green", "green", "light green"},
    {187, 0.70F, 0.93F, "teal", "cyan", "light cyan"},
    {220, 0.65F, 0.92F, "teal", "cyan", "light cyan"},
    {285, 0.40F, 0.72F, "dark blue", "blue", "light blue"},
    {318, 0.36F, 0.72F, "dark purple", "purple", "light purple"},
    {342, 0.50F, 0.82F, "purple", "magenta", "pink"},
    {360, 0.45F, 0.68F, "dark red", "magenta", "pink"},
}};

// Chroma below which a colour passes for grey: a tint shows most in what is light.
float least_chroma(float lightness) {
  return lightness < 0.35F ? 0.03F : lightness < 0.8F ? 0.037F : 0.024F;
}

std::string_view gray_name(float lightness) {
  if (lightness < 0.20F)
    return "black";
  if (lightness < 0.46F)
    return "dark gray";
  if (lightness < 0.72F)
    return "gray";
  return lightness < 0.94F ? "light gray" : "white";
}

} // namespace

std::string color_name(const oklab_color& color) {
  const float chroma = color.chroma();
  if (color.lightness < 0.13F || chroma < least_chroma(color.lightness))
    return std::string{gray_name(color.lightness)};
  const float hue = color.hue_degrees();
  if (hue >= 38 && hue < 105 && chroma < 0.10F && color.lightness >= 0.55F) // skin, sand, wood
    return color.lightness < 0.74F ? "light brown" : "beige";
  for (const auto& range : hues) {
    if (hue >= range.until)
      continue;
    if (color.lightness < range.dark)
      return std::string{range.darker == "brown" && color.lightness < 0.38F ? "dark brown" : range.darker};
    return std::string{color.lightness < range.light ? range.plain : range.lighter};
  }
  return std::string{gray_name(color.lightness)};
}

} // namespace timeloom
