#include "rendering/attribute_values.hpp"
#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"

#include <array>
#include <utility>

namespace timeloom {

namespace {

// The skeleton that COCO defines for its 17 points.
constexpr std::array<std::pair<std::string_view, std::string_view>, 16> bones{{
    {"left_ankle", "left_knee"},
    {"left_knee", "left_hip"},
    {"right_ankle", "right_knee"},
    {"right_knee", "right_hip"},
    {"left_hip", "right_hip"},
    {"left_shoulder", "left_hip"},
    {"right_shoulder", "right_hip"},
    {"left_shoulder", "right_shoulder"},
    {"left_shoulder", "left_elbow"},
    {"right_shoulder", "right_elbow"},
    {"left_elbow", "left_wrist"},
    {"right_elbow", "right_wrist"},
    {"nose", "left_eye"},
    {"nose", "right_eye"},
    {"left_eye", "left_ear"},
    {"right_eye", "right_ear"},
}};

constexpr double least_score = 0.3;

std::optional<place> point_of(const attribute::object& keypoints, std::string_view name) {
  const auto* point = object_of(keypoints, name);
  if (point == nullptr || number_of(*point, "score").value_or(1) < least_score)
    return std::nullopt;
  const auto x = number_of(*point, "x"), y = number_of(*point, "y");
  return x && y ? std::optional{place{*x, *y}} : std::nullopt;
}

} // namespace

// Bones and points as they were in the sighting that was scored highest, moved with the box of the person.
void draw_bodies(canvas& on, const moment& now) {
  for (const auto& shown : now.events) {
    const auto area = shown.path.at(now.at.time);
    const auto& best = shown.found->area;
    if (!area || !best)
      continue;
    on.outline(*area, inks::cyan, line_style::solid, 0.2);
    on.label(*area, caption(shown.found->kind, *shown.found), inks::cyan);
    const auto* keypoints = object_of(shown.found->attributes, "keypoints");
    if (keypoints == nullptr || best->width <= 0 || best->height <= 0)
      continue;
    const auto moved = [&](const place& of) {
      return place{area->x + (of.x - best->x) * area->width / best->width,
                   area->y + (of.y - best->y) * area->height / best->height};
    };
    for (const auto& [from, to] : bones) {
      const auto a = point_of(*keypoints, from), b = point_of(*keypoints, to);
      if (a && b)
        on.line(std::array{moved(*a), moved(*b)}, inks::cyan);
    }
    for (const auto& [name, value] : *keypoints)
      if (const auto point = point_of(*keypoints, name))
        on.dot(moved(*point), inks::white, 0.45);
  }
}

} // namespace timeloom
