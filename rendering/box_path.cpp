#include "rendering/box_path.hpp"

#include "rendering/attribute_values.hpp"

#include <algorithm>
#include <array>

namespace timeloom {

box_path::box_path(const event& found) {
  if (const auto* path = list_of(found.attributes, "path"))
    for (const auto& one : *path) {
      const auto* numbers = std::get_if<attribute::list>(&one.value);
      if (numbers == nullptr || numbers->size() != 5)
        continue;
      std::array<double, 5> values{};
      for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = number((*numbers)[i]).value_or(0);
      const auto time = from_seconds(std::clamp(values[0], 0.0, 1e9));
      if (points_.empty() || time >= points_.back().time)
        points_.push_back({time, {values[1], values[2], values[3], values[4]}});
    }
  if (points_.empty() && found.area)
    points_.push_back({found.start.time, *found.area});
}

std::optional<box> box_path::at(media_time time) const {
  if (points_.empty())
    return std::nullopt;
  const auto after = std::upper_bound(points_.begin(), points_.end(), time,
                                      [](media_time wanted, const point& one) { return wanted < one.time; });
  if (after == points_.begin())
    return after->area;
  const auto before = std::prev(after);
  if (after == points_.end())
    return before->area;
  const double share = to_seconds(time - before->time) / to_seconds(after->time - before->time);
  const auto between = [&](double box::*side) {
    return before->area.*side + share * (after->area.*side - before->area.*side);
  };
  return box{between(&box::x), between(&box::y), between(&box::width), between(&box::height)};
}

} // namespace timeloom
