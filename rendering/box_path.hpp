/// Where the thing of an event is at any time: along its path when it has one, else in its box.
///
/// A plain class; any thread may read.
#pragma once

#include "core/geometry.hpp"
#include "core/media_time.hpp"
#include "timeline/event.hpp"

#include <optional>
#include <vector>

namespace timeloom {

class box_path {
public:
  /// Reads the attribute `path` (docs/timeline.md). What does not fit its form is passed over.
  explicit box_path(const event& found);

  /// Between two points of the path the box moves and grows evenly; before the first and after the last it stays.
  /// Nothing for an event without a place.
  std::optional<box> at(media_time time) const;

private:
  struct point {
    media_time time{0};
    box area;
  };
  std::vector<point> points_; // in order of time
};

} // namespace timeloom
