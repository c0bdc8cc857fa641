/// The last few pictures, to see where a line of text began and ended, though it was too faint there to be found.
#pragma once

#include "analyzers/line_picture.hpp"

#include <cstddef>
#include <deque>

namespace timeloom {

/// A plain class, one owner. Lines are given as the line_picture() with all strokes, and the region that it is of.
class earlier_pictures {
public:
  static constexpr std::size_t most = 3;

  /// The next picture in presentation order; all have one size until clear().
  void keep(frame_position at, const plane_view& gray);
  void clear() { kept_.clear(); }

  /// The newest; there must be one.
  frame_position last() const { return kept_.back().at; }

  /// Whether the newest shows the line, and `now`, the picture after it, does not, or more faintly. With an empty `now`
  /// no picture follows.
  bool is_last_of(const plane_view& letters, const text_region& region, const plane_view& now) const;

  /// The first picture that shows the line, which was found in the one at `found` and goes on from there; `found` when
  /// none before does, or when what was there before it is not known any more.
  frame_position first_of(const plane_view& letters, const text_region& region, frame_position found) const;

private:
  struct picture {
    frame_position at;
    plane gray;
  };
  std::deque<picture> kept_; // the oldest first
};

} // namespace timeloom
