/// How long a worker that was lost rests before it is started again.
#pragma once

#include <algorithm>
#include <chrono>

namespace timeloom {

/// What ended it may still be there, such as a GPU's server that ends: `first`, and twice as long for each of the
/// `idle_losses` before it, processes in a row that did no work, up to 30 s.
inline std::chrono::milliseconds restart_delay(std::chrono::milliseconds first, int idle_losses) {
  constexpr std::chrono::milliseconds longest{30'000};
  auto delay = first;
  for (int i = 0; i < idle_losses && delay < longest; ++i)
    delay = std::min(delay * 2, longest);
  return delay;
}

} // namespace timeloom
