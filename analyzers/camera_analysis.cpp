#include "analyzers/camera_analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace timeloom {

namespace {

double rounded(double value, double steps) {
  return std::round(value * steps) / steps;
}

// The camera's motion is the opposite of the content's, but for zoom.
std::array<double, 4> camera_of(const similarity& content) {
  return {-content.right, content.down, std::log(content.zoom), -content.turn};
}

const char* direction_of(const camera_span& span) {
  const bool positive = span.amount > 0;
  switch (span.move) {
  case camera_move::pan:
    return positive ? "right" : "left";
  case camera_move::tilt:
    return positive ? "up" : "down";
  case camera_move::zoom:
    return positive ? "in" : "out";
  case camera_move::roll:
    return positive ? "clockwise" : "counterclockwise";
  case camera_move::still:
  case camera_move::shake:
    break;
  }
  return nullptr;
}

attribute::object attributes_of(const camera_span& span) {
  const double seconds = std::max(1e-3, to_seconds(span.last.time - span.first.time));
  const double amount = std::abs(span.amount);
  switch (span.move) {
  case camera_move::pan:
  case camera_move::tilt:
    return {{"widths", rounded(amount, 1000)}, {"percent_of_width_per_s", rounded(100 * amount / seconds, 10)}};
  case camera_move::zoom:
    return {{"factor", rounded(std::exp(span.amount), 1000)},
            {"percent_per_s", rounded(100 * (std::exp(amount / seconds) - 1), 10)}};
  case camera_move::roll: {
    const double degrees = amount * 180 / std::numbers::pi;
    return {{"degrees", rounded(degrees, 10)}, {"degrees_per_s", rounded(degrees / seconds, 10)}};
  }
  case camera_move::shake:
    return {{"rms_percent_of_width", rounded(100 * amount, 100)}};
  case camera_move::still:
    break;
  }
  return {};
}

std::vector<event> events_of(const std::vector<camera_span>& spans) {
  std::vector<event> events;
  for (const auto& span : spans) {
    event found;
    found.analyzer = "camera_analysis";
    found.kind = to_string(span.move);
    found.start = span.first;
    found.end = span.last;
    if (const char* direction = direction_of(span))
      found.label = direction;
    found.score = rounded(std::clamp(span.support, 0.0, 1.0), 1000);
    found.attributes = attributes_of(span);
    events.push_back(std::move(found));
  }
  return events;
}

} // namespace

camera_analyzer::camera_analyzer(camera_options options)
    : options_(options), estimator_(options.motion), path_(options.path) {}

void camera_analyzer::push(const small_frame& frame) {
  if (next_sample_ && frame.at.time < *next_sample_)
    return;
  const auto period = from_seconds(1 / options_.rate_hz);
  next_sample_ =
      next_sample_ && frame.at.time - *next_sample_ < period ? *next_sample_ + period : frame.at.time + period;
  auto motion = estimator_.push(frame.luma, frame.sample_aspect);
  if (last_sample_) {
    if (to_seconds(frame.at.time - last_sample_->time) > options_.longest_gap_seconds)
      motion.reset();
    pending_.push_back({*last_sample_, frame.at, motion});
  }
  last_sample_ = frame.at;
}

std::vector<event> camera_analyzer::settle(std::span<const transition> changes, std::int64_t settled) {
  order_.learn(changes);
  std::vector<camera_span> found;
  settle_below(settled, found);
  return events_of(found);
}

std::vector<event> camera_analyzer::finish() {
  std::vector<camera_span> found;
  settle_below(std::numeric_limits<std::int64_t>::max(), found);
  path_.finish(found);
  return events_of(found);
}

void camera_analyzer::settle_below(std::int64_t settled, std::vector<camera_span>& found) {
  for (; !pending_.empty() && pending_.front().to.index < settled; pending_.pop_front()) {
    const auto& pair = pending_.front();
    const auto before = place_ ? *place_ : order_.at(pair.from.index);
    const auto now = order_.at(pair.to.index);
    place_ = now;
    const bool one_shot = before.shot == now.shot && !before.mixed && !now.mixed;
    camera_step step{pair.from, pair.to, {}, 0};
    if (one_shot && pair.motion) {
      step.by = camera_of(pair.motion->motion);
      step.support = pair.motion->support;
      guessed_ = false;
    } else if (one_shot && step_before_ && !guessed_) {
      // One failure within a run, such as a flash: the camera is taken to go on as before.
      const double longer = to_seconds(pair.to.time - pair.from.time) /
                            std::max(1e-6, to_seconds(step_before_->to.time - step_before_->from.time));
      for (std::size_t axis = 0; axis < step.by.size(); ++axis)
        step.by[axis] = step_before_->by[axis] * longer;
      guessed_ = true;
    } else {
      path_.finish(found);
      step_before_.reset();
      guessed_ = false;
      continue;
    }
    path_.push(step, found);
    step_before_ = step;
  }
}

} // namespace timeloom
