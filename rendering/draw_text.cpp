#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <fmt/format.h>

namespace timeloom {

// What was read, beside a thin box around the line.
void draw_text(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    const auto area = shown.path.at(now.at.time);
    if (!area)
      continue;
    on.outline(*area, inks::yellow, line_style::solid, 0.25);
    on.label(*area, caption(fmt::format("\u201C{}\u201D", shown.found->text.value_or("")), *shown.found), inks::yellow);
  }
}

} // namespace timeloom
