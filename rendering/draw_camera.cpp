#include "rendering/attribute_values.hpp"
#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <array>
#include <fmt/format.h>

namespace timeloom {

namespace {

constexpr double side_units = 11;

std::string words(const event& found) {
  std::string text = found.kind;
  if (found.label)
    text += " " + *found.label;
  constexpr std::array<std::pair<const char*, const char*>, 4> rates{{{"percent_of_width_per_s", "% of width/s"},
                                                                      {"percent_per_s", "%/s"},
                                                                      {"degrees_per_s", "\u00B0/s"},
                                                                      {"rms_percent_of_width", "% of width"}}};
  for (const auto& [name, unit] : rates)
    if (const auto rate = number_of(found.attributes, name))
      text += fmt::format("  {:.1f} {}", *rate, unit);
  return text;
}

class compass {
public:
  compass(canvas& on, const box& area) : on_(on), area_(area) {}

  void draw(const event& found) {
    const auto way = found.label.value_or("");
    constexpr double outer = 0.46, inner = 0.16;
    if (way == "left" || way == "right")
      arrow({way == "left" ? inner : -inner, 0}, {way == "left" ? -outer : outer, 0});
    else if (way == "up" || way == "down")
      arrow({0, way == "up" ? inner : -inner}, {0, way == "up" ? -outer : outer});
    else if (way == "in" || way == "out")
      for (const double x : {-1.0, 1.0})
        for (const double y : {-1.0, 1.0}) {
          const place near{x * inner, y * inner}, far{x * outer * 0.8, y * outer * 0.8};
          way == "in" ? arrow(near, far) : arrow(far, near);
        }
    else if (way == "clockwise")
      on_.arc_arrow(at({0, 0}), side_units * 0.36, 150, 390, inks::white);
    else if (way == "counterclockwise")
      on_.arc_arrow(at({0, 0}), side_units * 0.36, 30, -210, inks::white);
    else if (found.kind == "shake") {
      constexpr std::array<place, 5> zigzag{{{-0.4, 0.12}, {-0.2, -0.12}, {0, 0.12}, {0.2, -0.12}, {0.4, 0.12}}};
      std::array<place, 5> points;
      for (std::size_t i = 0; i < points.size(); ++i)
        points[i] = at(zigzag[i]);
      on_.line(points, inks::white, 0.5);
    } else {
      on_.dot(at({0, 0}), inks::white, 0.7);
    }
  }

private:
  // From the middle, in sides of the area.
  place at(const place& of) const {
    return {area_.x + area_.width * (0.5 + of.x), area_.y + area_.height * (0.5 + of.y)};
  }
  void arrow(const place& from, const place& to) { on_.arrow(at(from), at(to), inks::white, 0.6); }

  canvas& on_;
  box area_;
};

} // namespace

// Where the camera goes: an arrow to a side, arrows from or to the middle for a zoom, a bent one for a roll.
void draw_camera(canvas& on, const moment& now) {
  for (const auto& shown : now.events)
    on.note(corner::top_right, words(*shown.found), inks::white);
  if (now.events.empty() || now.events.front().found->kind == "static")
    return;
  const auto area = on.reserve(corner::top_right, side_units, side_units);
  on.fill(area, inks::black.at(0.35));
  for (const auto& shown : now.events)
    compass{on, area}.draw(*shown.found);
}

} // namespace timeloom
