/// Draws a timeline on the pictures of its video, each at its time.
#pragma once

#include "rendering/canvas.hpp"
#include "rendering/drawings.hpp"
#include "rendering/moment.hpp"
#include "timeline/timeline.hpp"

#include <vector>

namespace timeloom {

/// One owner, one thread. Frames come in order of time; work and memory for each go with what is shown at once, not
/// with the length of the timeline.
class annotator {
public:
  /// `of` must outlive this; its events and scenes are in order of time.
  explicit annotator(const timeline& of);

  /// Draws what is to be seen at `at` on the picture that `on` was started with, and finishes it.
  void draw(canvas& on, const frame_position& at);

private:
  struct lane {
    drawing how;
    std::vector<const event*> events; // in order of time
    std::size_t next = 0;             // of `events`, not shown yet
    std::vector<shown_event> shown;
  };

  const scene* scene_at(std::int64_t index);

  const timeline& of_;
  std::size_t scene_ = 0;
  std::vector<lane> lanes_; // in the order in which they are drawn
};

} // namespace timeloom
