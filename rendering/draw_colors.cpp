#include "rendering/attribute_values.hpp"
#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

namespace timeloom {

namespace {

constexpr double width_units = 26, height_units = 2.4, border_units = 0.25;

} // namespace

// The scene's dominant colours, each as wide as its share of the picture.
void draw_colors(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    const auto* colors = list_of(shown.found->attributes, "colors");
    if (colors == nullptr)
      continue;
    const auto bar = on.reserve(corner::top_left, width_units, height_units);
    on.fill(bar, inks::white.at(0.7)); // its edge
    const double border_x = bar.width * border_units / width_units, border_y = bar.height * border_units / height_units;
    double x = bar.x + border_x;
    for (const auto& one : *colors) {
      const auto* color = std::get_if<attribute::object>(&one.value);
      const auto* hex = color != nullptr ? words_of(*color, "hex") : nullptr;
      const auto tint = hex != nullptr ? ink_from_hex(*hex) : std::nullopt;
      const auto share = color != nullptr ? number_of(*color, "share") : std::nullopt;
      if (!tint || !share)
        continue;
      const double width = std::min(*share * (bar.width - 2 * border_x), bar.x + bar.width - border_x - x);
      on.fill({x, bar.y + border_y, width, bar.height - 2 * border_y}, *tint);
      x += width;
    }
  }
}

} // namespace timeloom
