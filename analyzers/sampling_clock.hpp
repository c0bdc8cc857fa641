/// Decides which frames a rate picks, by their times alone.
#pragma once

#include "core/media_time.hpp"

#include <cmath>

namespace timeloom {

/// Picks the first frame at or after each multiple of the period; a rate of 0 picks every frame.
class sampling_clock {
public:
  explicit sampling_clock(double rate_hz) : rate_hz_(rate_hz) {}

  bool picks(media_time time) {
    if (rate_hz_ <= 0)
      return true;
    // A frame a hair early (rounded times) counts as on time.
    const double tick = std::floor(to_seconds(time) * rate_hz_ + 1e-6);
    if (tick <= last_tick_)
      return false;
    last_tick_ = tick;
    return true;
  }

private:
  double rate_hz_;
  double last_tick_ = -1;
};

} // namespace timeloom
