#include "analyzers/scene_grouping.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace timeloom {

namespace {

// A shot that pans looks different at its ends: the best match of its parts counts.
double best_similarity(const shot_summary& earlier, const shot_summary& later) {
  double best = 0;
  for (const auto* one : {&earlier.closing, &earlier.typical, &earlier.opening})
    for (const auto* other : {&later.opening, &later.typical, &later.closing})
      best = std::max(best, similarity_of(*one, *other));
  return best;
}

} // namespace

bool stands_better(const scene_picture& one, const scene_picture& other, const appearance& typical) {
  if (one.blank != other.blank)
    return other.blank;
  if (one.mixed != other.mixed)
    return other.mixed;
  const double nearer = similarity_of(one.looks, typical) - similarity_of(other.looks, typical);
  const double sharper = std::log((one.sharpness + 0.5) / (other.sharpness + 0.5));
  return nearer + 0.2 * sharper > 0;
}

void join(shot_summary& into, shot_summary&& next) {
  into.last = next.last;
  if (into.blank)
    into.shots = next.shots;
  else if (!next.blank)
    into.shots += next.shots;
  into.typical.add(next.typical);
  if (into.blank || into.opening.weight <= 0)
    into.opening = next.opening;
  if (!next.blank && next.closing.weight > 0)
    into.closing = next.closing;
  if (next.picture && (!into.picture || stands_better(*next.picture, *into.picture, into.typical)))
    into.picture = std::move(next.picture);
  into.blank = into.blank && next.blank;
}

bool scene_grouper::linked(std::size_t earlier, std::size_t later) const {
  const auto& one = shots_[earlier];
  const auto& other = shots_[later];
  if (static_cast<int>(later - earlier) > options_.most_shots_apart)
    return false;
  if (to_seconds(other.first.time - one.last.time) > options_.most_seconds)
    return false;
  for (auto between = earlier + 1; between <= later; ++between)
    if (shots_[between].after_fade)
      return false;
  return best_similarity(one, other) >= options_.alike;
}

void scene_grouper::link_from(std::size_t later) {
  for (std::size_t earlier = 0; earlier <= reach_ && earlier < later; ++earlier) {
    if (linked(earlier, later)) {
      reach_ = later;
      return;
    }
  }
}

void scene_grouper::close_first(std::vector<shot_summary>& closed) {
  auto scene = std::move(shots_.front());
  shots_.pop_front();
  for (; reach_ > 0; --reach_) {
    join(scene, std::move(shots_.front()));
    shots_.pop_front();
  }
  closed.push_back(std::move(scene));
  for (std::size_t later = 1; later < shots_.size(); ++later)
    link_from(later);
}

// `now`: the start of the earliest shot that has not been pushed, or later.
void scene_grouper::close_complete(media_time now, std::vector<shot_summary>& closed) {
  while (!shots_.empty()) {
    const auto apart = static_cast<int>(shots_.size() - reach_);
    bool complete =
        apart > options_.most_shots_apart || to_seconds(now - shots_[reach_].last.time) > options_.most_seconds;
    for (auto after = reach_ + 1; after < shots_.size(); ++after)
      complete = complete || shots_[after].after_fade;
    if (!complete)
      return;
    close_first(closed);
  }
}

void scene_grouper::push(shot_summary shot, std::vector<shot_summary>& closed) {
  if (shot.blank && !shots_.empty()) {
    fade_passed_ = fade_passed_ || shot.after_fade;
    join(shots_.back(), std::move(shot));
    return;
  }
  if (!shots_.empty() && shots_.back().blank) { // the video opens blank
    join(shots_.back(), std::move(shot));
    return;
  }
  shot.after_fade = shot.after_fade || fade_passed_;
  fade_passed_ = false;
  const auto starts = shot.first.time;
  shots_.push_back(std::move(shot));
  if (shots_.size() > 1)
    link_from(shots_.size() - 1);
  close_complete(starts, closed);
  // Shots of the open scene that no later one can link with any more.
  while (static_cast<int>(reach_) > options_.most_shots_apart + 1) {
    auto second = std::move(shots_[1]);
    join(shots_[0], std::move(second));
    shots_.erase(shots_.begin() + 1);
    --reach_;
  }
}

void scene_grouper::extend(shot_summary part) {
  if (shots_.empty())
    return;
  part.shots = 0;
  if (shots_.back().blank)
    part.shots = 1;
  join(shots_.back(), std::move(part));
}

void scene_grouper::wait_until(const frame_position& now, std::vector<shot_summary>& closed) {
  // The running shot may still turn out to be one with its like; it starts after the last shot held.
  close_complete(now.time, closed);
}

void scene_grouper::finish(std::vector<shot_summary>& closed) {
  while (!shots_.empty())
    close_first(closed);
  reach_ = 0;
}

} // namespace timeloom
