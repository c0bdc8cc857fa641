#include "analyzers/suppression.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

struct corners {
  double x1, y1, x2, y2;

  bool has_area() const {
    return std::isfinite(x1) && std::isfinite(y1) && std::isfinite(x2) && std::isfinite(y2) && x2 > x1 && y2 > y1 &&
           area() > 0;
  }
  double area() const { return (x2 - x1) * (y2 - y1); }
};

corners corners_of(const scored_box& of) {
  return {of.x1, of.y1, of.x2, of.y2};
}

double intersection_over_union(const corners& a, const corners& b) {
  if (!a.has_area() || !b.has_area())
    return 0;
  const double width = std::min(a.x2, b.x2) - std::max(a.x1, b.x1);
  const double height = std::min(a.y2, b.y2) - std::max(a.y1, b.y1);
  if (width <= 0 || height <= 0)
    return 0;
  const double both = width * height;
  return both / (a.area() + b.area() - both);
}

} // namespace

double intersection_over_union(const scored_box& a, const scored_box& b) {
  return intersection_over_union(corners_of(a), corners_of(b));
}

double intersection_over_union(const box& a, const box& b) {
  return intersection_over_union(corners{a.x, a.y, a.x + a.width, a.y + a.height},
                                 corners{b.x, b.y, b.x + b.width, b.y + b.height});
}

double covered_share(const box& a, const box& b) {
  const double width = std::min(a.x + a.width, b.x + b.width) - std::max(a.x, b.x);
  const double height = std::min(a.y + a.height, b.y + b.height) - std::max(a.y, b.y);
  const double smaller = std::min(a.width * a.height, b.width * b.height);
  return width > 0 && height > 0 && smaller > 0 ? width * height / smaller : 0;
}

std::vector<std::size_t> suppress(std::span<const scored_box> boxes, const suppression_options& options) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    if (corners_of(boxes[i]).has_area() && std::isfinite(boxes[i].score))
      order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return boxes[a].score > boxes[b].score; });
  std::vector<std::size_t> kept;
  for (const std::size_t i : order) {
    if (kept.size() >= options.limit)
      break;
    const bool covered = std::any_of(kept.begin(), kept.end(), [&](std::size_t better) {
      return boxes[better].label == boxes[i].label &&
             intersection_over_union(boxes[better], boxes[i]) > options.max_overlap;
    });
    if (!covered)
      kept.push_back(i);
  }
  return kept;
}

} // namespace timeloom
