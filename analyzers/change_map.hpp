/// What of a video has changed since it was looked at, so that what stays the same need not be looked at again.
#pragma once

#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <memory>
#include <vector>

namespace timeloom {

/// Keeps a reduced picture as it was where somebody last looked at it. One owner, one thread.
class change_map {
public:
  change_map();
  ~change_map();

  /// Takes the next picture. The first one, one of another size and one of another shot have changed everywhere.
  void see(const plane_view& luma);

  /// Whether the newest picture shows something else altogether than the one before: a hard cut, or a flash.
  bool is_another_shot() const;

  /// Which share of the area has changed since it was looked at. [0, 1]
  double changed_share(const box& area) const;

  /// The places that have changed since they were looked at, as boxes around what hangs together.
  std::vector<box> changes() const;

  /// The area, as it is in the newest picture, is known.
  void look(const box& area);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
