#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <fmt/format.h>

namespace timeloom {

void draw_scene(canvas& on, const moment& now) {
  if (now.in == nullptr)
    return;
  const auto shots = now.in->shots;
  on.note(corner::top_left,
          fmt::format("scene {}/{}  {} shot{}", now.in->number, now.scenes, shots, shots == 1 ? "" : "s"), inks::white);
  if (now.at.index == now.in->representative.index)
    on.note(corner::top_left, "representative frame", inks::white);
}

} // namespace timeloom
