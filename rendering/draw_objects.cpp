#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

namespace timeloom {

void draw_objects(canvas& on, const moment& now) {
  for (const auto& shown : now.events)
    if (const auto area = shown.path.at(now.at.time)) {
      on.outline(*area, inks::green);
      on.label(*area, caption(shown.found->label.value_or("object"), *shown.found), inks::green);
    }
}

} // namespace timeloom
