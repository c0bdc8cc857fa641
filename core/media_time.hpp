/// Time in a video, as the container states it.
///
/// `media_time` counts from the container's presentation start (its `start_time`), so sound and pictures share one
/// axis. It is never computed from a frame number and a rate: variable frame rate is the normal case.
#pragma once

#include <chrono>
#include <cmath>
#include <cstdint>

namespace timeloom {

using media_time = std::chrono::nanoseconds;

inline double to_seconds(media_time time) {
  return std::chrono::duration<double>(time).count();
}

/// The nearest nanosecond; `seconds` must be finite and below 100 years in size.
inline media_time from_seconds(double seconds) {
  return media_time{std::llround(seconds * 1e9)};
}

/// One frame of a video: its 0-based index in presentation order and when it is shown.
struct frame_position {
  std::int64_t index = 0;
  media_time time{0};

  bool operator==(const frame_position&) const = default;
  auto operator<=>(const frame_position& other) const { return index <=> other.index; }
};

} // namespace timeloom
