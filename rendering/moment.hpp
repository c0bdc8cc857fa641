/// What an analyzer found that is to be seen in one picture.
#pragma once

#include "rendering/box_path.hpp"
#include "timeline/timeline.hpp"

#include <span>

namespace timeloom {

struct shown_event {
  const event* found = nullptr;
  box_path path;

  media_time ends() const { return found->end ? found->end->time : found->start.time; }
  /// Whether the event itself is on, not only shown a little before or after.
  bool is_on(media_time time) const { return found->start.time <= time && time <= ends(); }
};

struct moment {
  frame_position at;
  const scene* in = nullptr;           ///< null outside of all scenes
  std::size_t scenes = 0;              ///< of the video
  std::span<const shown_event> events; ///< of one analyzer
};

} // namespace timeloom
