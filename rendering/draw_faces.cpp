#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

namespace timeloom {

namespace {

// Of the eyes, below the upper edge of a face's box, as a share of its height.
constexpr double eye_line = 0.4;

} // namespace

// The box of a face, with what its eyes do: events that tell of the eyes name the face's track.
void draw_faces(canvas& on, const moment& now) {
  for (const auto& face : now.events) {
    const auto area = face.path.at(now.at.time);
    if (face.found->kind != "face" || !face.is_on(now.at.time) || !area)
      continue;
    on.outline(*area, inks::pink);
    auto words = caption("face", *face.found);
    for (const auto& other : now.events) {
      if (other.found->track != face.found->track)
        continue;
      if (other.found->kind == "blink") {
        words += "  blink";
      } else if (other.found->kind == "eyes_closed" && other.is_on(now.at.time)) {
        words += "  eyes closed";
      } else if (other.found->kind == "gaze" && other.is_on(now.at.time)) {
        const auto way = other.found->label.value_or("");
        const place eyes{area->x + area->width / 2, area->y + eye_line * area->height};
        const double reach = way == "left" ? -area->width * 0.6 : way == "right" ? area->width * 0.6 : 0;
        if (reach != 0)
          on.arrow(eyes, {eyes.x + reach, eyes.y}, inks::pink);
        else
          on.dot(eyes, inks::pink);
      }
    }
    on.label(*area, std::move(words), inks::pink);
  }
}

} // namespace timeloom
