#include "rendering/label_place.hpp"

#include <algorithm>
#include <limits>

namespace timeloom {

namespace {

constexpr double rounding = 0.5; // square pixels

} // namespace

double shared_area(const pixel_box& a, const pixel_box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  return width > 0 && height > 0 ? width * height : 0;
}

pixel_box label_place(const pixel_box& label, const pixel_box& about, const pixel_box& picture,
                      std::span<const pixel_box> taken) {
  const double right = about.x + about.width - label.width;
  const double above = about.y - label.height, below = about.y + about.height;
  const double bottom = below - label.height;
  const struct {
    double x, y;
  } corners[] = {{about.x, above},   {right, above},   {about.x, below},  {right, below},
                 {about.x, about.y}, {right, about.y}, {about.x, bottom}, {right, bottom}};
  pixel_box best = label;
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [x, y] : corners) {
    // Along the picture's sides it may slide in; above and below it must fit.
    const pixel_box place{std::clamp(x, picture.x, std::max(picture.x, picture.x + picture.width - label.width)), y,
                          label.width, label.height};
    double cost = label.width * label.height - shared_area(place, picture);
    for (const auto& other : taken)
      cost += shared_area(place, other);
    if (cost < least - rounding) {
      least = cost;
      best = place;
    }
  }
  return best;
}

} // namespace timeloom
