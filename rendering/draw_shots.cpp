#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace timeloom {

namespace {

constexpr double fade_s = 0.5;

std::string title(const event& found) {
  std::string name = found.kind;
  std::replace(name.begin(), name.end(), '_', ' ');
  std::string frames = fmt::format("#{}", found.start.index);
  if (found.end)
    frames += fmt::format(" - #{}", found.end->index);
  return found.score ? fmt::format("{}  {}  {:.2f}", name, frames, *found.score) : fmt::format("{}  {}", name, frames);
}

} // namespace

// The picture's edge flashes: at once for a cut, all along a transition; then it fades.
void draw_shots(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    const auto color = shown.found->kind == "cut" ? inks::red : inks::amber;
    const double since = std::max(0.0, to_seconds(now.at.time - shown.ends()));
    on.frame(color.at(std::clamp(1 - since / fade_s, 0.0, 1.0)), 1.2);
    on.note(corner::top, title(*shown.found), color);
  }
}

} // namespace timeloom
