#include "analyzers/slow_transitions.hpp"

#include <algorithm>
#include <chrono>

namespace timeloom {
namespace {

constexpr media_time pace = std::chrono::milliseconds{60};
/// Somewhat below the longest that `gradual_finder` finds among all frames.
constexpr std::int64_t shortest_slow = 56;

} // namespace

std::vector<gradual_span> slow_finder::push(const shot_picture& picture, std::int64_t number) {
  const std::int64_t count = history_.count();
  // A frame that is late by rounding still counts.
  constexpr media_time slack = std::chrono::milliseconds{1};
  if (count > 0 && number - number_of(count - 1) < widest_step &&
      picture.at.time - history_[count - 1].at.time < pace - slack)
    return {};
  history_.next() = picture;
  numbers_[static_cast<std::size_t>(count % picture_history::capacity)] = number;
  const auto found = finder_.push(history_, least());
  return found ? std::vector<gradual_span>{in_pushed_frames(*found)} : std::vector<gradual_span>{};
}

std::vector<gradual_span> slow_finder::finish() {
  std::vector<gradual_span> found;
  if (history_.count() > 0)
    for (const gradual_span& span : finder_.finish(history_, least()))
      found.push_back(in_pushed_frames(span));
  return found;
}

std::int64_t slow_finder::settled() const {
  const std::int64_t oldest = history_.count() - gradual_finder::longest - gradual_finder::lookahead - overlap_wait - 1;
  return oldest < 0 ? 0 : number_of(oldest);
}

/// Taken frames that a window has at least.
int slow_finder::least() const {
  const std::int64_t newest = history_.count() - 1;
  const std::int64_t oldest = std::max<std::int64_t>(0, newest - gradual_finder::longest);
  if (newest == oldest)
    return gradual_finder::longest;
  const std::int64_t frames = std::max<std::int64_t>(1, number_of(newest) - number_of(oldest));
  return static_cast<int>(std::clamp<std::int64_t>(shortest_slow * (newest - oldest) / frames, gradual_finder::shortest,
                                                   gradual_finder::longest));
}

gradual_span slow_finder::in_pushed_frames(gradual_span span) const {
  span.first = number_of(span.first - 1) + 1;
  span.last = number_of(span.last + 1) - 1;
  return span;
}

} // namespace timeloom
