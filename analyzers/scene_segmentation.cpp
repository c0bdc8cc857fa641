#include "analyzers/scene_segmentation.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace timeloom {

namespace {

constexpr double sudden_change = 20; // mean absolute difference of luma between two frames: perhaps a cut

plane copy_of(const plane_view& from) {
  plane copy(from.width, from.height);
  for (int y = 0; y < from.height; ++y)
    std::memcpy(copy.row(y), from.row(y), static_cast<std::size_t>(from.width));
  return copy;
}

double luma_difference(const frame_grid& one, const frame_grid& other) {
  if (one.pixels.size() != other.pixels.size() || one.width != other.width)
    return 255;
  int sum = 0;
  for (std::size_t i = 0; i < one.pixels.size(); ++i)
    sum += std::abs(one.pixels[i][0] - other.pixels[i][0]);
  return static_cast<double>(sum) / static_cast<double>(std::max<std::size_t>(1, one.pixels.size()));
}

} // namespace

scene_segmenter::scene_segmenter(scene_options options) : options_(options), grouper_(options.grouping) {}

bool scene_segmenter::push(const small_frame& frame) {
  frame_grid grid;
  if (!spare_.empty()) {
    grid = std::move(spare_.back());
    spare_.pop_back();
  }
  sample_grid(frame, options_.grid_long_side, grid);
  const bool kept = is_candidate(frame, grid);
  if (kept) {
    last_candidate_ = frame.at.time;
    if (static_cast<int>(candidates_.size()) >= options_.most_candidates) {
      std::deque<scene_picture> thinned;
      for (std::size_t i = 0; i < candidates_.size(); i += 2)
        thinned.push_back(std::move(candidates_[i]));
      candidates_ = std::move(thinned);
    }
    scene_picture picture;
    picture.at = frame.at;
    picture.luma = copy_of(frame.luma);
    picture.cb = copy_of(frame.cb);
    picture.cr = copy_of(frame.cr);
    picture.matrix = frame.matrix;
    picture.looks = appearance_of(grid);
    picture.sharpness = sharpness_of(frame.luma);
    picture.blank = is_blank(grid);
    candidates_.push_back(std::move(picture));
  }
  pending_.push_back(std::move(grid));
  return kept;
}

// At steady intervals, and where the picture changes at once, so that a short shot has one too.
bool scene_segmenter::is_candidate(const small_frame& frame, const frame_grid& grid) const {
  if (!last_candidate_ || to_seconds(frame.at.time - *last_candidate_) >= options_.candidate_seconds)
    return true;
  return !pending_.empty() && luma_difference(pending_.back(), grid) > sudden_change;
}

bool scene_segmenter::holds(std::int64_t index) const {
  const auto is_it = [&](const std::optional<scene_picture>& picture) { return picture && picture->at.index == index; };
  return std::ranges::any_of(candidates_, [&](const auto& picture) { return picture.at.index == index; }) ||
         (open_ && is_it(open_->picture)) ||
         std::ranges::any_of(grouper_.held(), [&](const auto& shot) { return is_it(shot.picture); }) ||
         std::ranges::any_of(closed_, [&](const auto& shot) { return is_it(shot.picture); });
}

std::vector<segmented_scene> scene_segmenter::settle(std::span<const transition> changes, std::int64_t settled) {
  order_.learn(changes);
  settle_below(settled);
  return give(std::nullopt);
}

std::vector<segmented_scene> scene_segmenter::finish(media_time end) {
  settle_below(std::numeric_limits<std::int64_t>::max());
  close_shot();
  grouper_.finish(closed_);
  return give(end);
}

void scene_segmenter::settle_below(std::int64_t settled) {
  while (!pending_.empty() && pending_.front().at.index < settled) {
    take(pending_.front());
    spare_.push_back(std::move(pending_.front()));
    pending_.pop_front();
  }
}

void scene_segmenter::take(const frame_grid& grid) {
  const auto place = order_.at(grid.at.index);
  if (place.shot != shot_) {
    close_shot();
    shot_ = place.shot;
  }
  if (!open_) {
    open_.emplace();
    open_->first = grid.at;
    open_->after_fade = place.after_fade;
    clear_frames_ = blank_frames_ = 0;
    next_sample_.reset();
  }
  open_->last = grid.at;
  if (!place.mixed && (!next_sample_ || grid.at.time >= *next_sample_)) {
    next_sample_ = grid.at.time + from_seconds(1 / options_.rate_hz);
    const auto looks = appearance_of(grid);
    ++clear_frames_;
    blank_frames_ += is_blank(grid) ? 1 : 0;
    open_->typical.add(looks);
    open_->closing = looks;
    if (open_->opening.weight <= 0)
      open_->opening = looks;
  }
  if (!candidates_.empty() && candidates_.front().at.index <= grid.at.index) {
    candidates_.front().mixed = place.mixed;
    take_candidate(std::move(candidates_.front()));
    candidates_.pop_front();
  }
  grouper_.wait_until(open_->first, closed_);
  // So that the scenes before a very long shot do not wait for its end.
  if (to_seconds(grid.at.time - open_->first.time) > options_.part_seconds)
    hand_over();
}

void scene_segmenter::take_candidate(scene_picture&& candidate) {
  auto& kept = open_->picture;
  if (!kept || stands_better(candidate, *kept, open_->typical))
    kept = std::move(candidate);
}

void scene_segmenter::hand_over() {
  // Nothing but mixed frames shows no place of its own either.
  open_->blank = blank_frames_ == clear_frames_;
  if (continues_)
    grouper_.extend(std::move(*open_));
  else
    grouper_.push(std::move(*open_), closed_);
  continues_ = true;
  open_.reset();
}

void scene_segmenter::close_shot() {
  if (open_)
    hand_over();
  continues_ = false;
}

std::vector<segmented_scene> scene_segmenter::give(std::optional<media_time> end) {
  std::vector<segmented_scene> scenes;
  for (std::size_t i = 0; i < closed_.size(); ++i) {
    auto& shot = closed_[i];
    std::optional<media_time> until;
    if (i + 1 < closed_.size())
      until = closed_[i + 1].first.time;
    else if (!grouper_.held().empty())
      until = grouper_.held().front().first.time;
    else if (open_)
      until = open_->first.time;
    else
      until = end;
    if (!until)
      break;
    segmented_scene next;
    next.scene.number = ++scenes_;
    next.scene.first = shot.first;
    next.scene.last = shot.last;
    next.scene.end = std::max(*until, shot.last.time);
    next.scene.shots = shot.shots;
    next.scene.representative = shot.first;
    if (shot.picture) {
      next.scene.representative = shot.picture->at;
      next.luma = std::move(shot.picture->luma);
      next.cb = std::move(shot.picture->cb);
      next.cr = std::move(shot.picture->cr);
      next.matrix = shot.picture->matrix;
    }
    scenes.push_back(std::move(next));
  }
  closed_.clear(); // every closed scene has a successor that is held or open, or the video has ended
  return scenes;
}

} // namespace timeloom
