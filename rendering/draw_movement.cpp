#include "rendering/attribute_values.hpp"
#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <fmt/format.h>

namespace timeloom {

// Areas have no place in the picture: they are named at its edge.
void draw_movement(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    const auto& found = *shown.found;
    const auto area = shown.path.at(now.at.time);
    if (found.kind == "region" && area) {
      on.outline(*area, inks::orange, line_style::dashed);
      on.label(*area, caption("moves", found), inks::orange);
    } else if (found.kind == "area") {
      on.note(corner::top_left,
              fmt::format("{} {:.0f} %", found.label.value_or("area"),
                          100 * number_of(found.attributes, "mean_share").value_or(0)),
              inks::orange);
    }
  }
}

} // namespace timeloom
