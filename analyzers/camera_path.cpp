#include "analyzers/camera_path.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

constexpr double reach = 3;            // of the smoothing window, in standard deviations
constexpr std::size_t shake_nodes = 6; // on either side, over which shake is judged
constexpr std::size_t head_nodes = 16;
constexpr std::size_t most_accepted = 64;

double seconds_between(const frame_position& from, const frame_position& to) {
  return to_seconds(to.time - from.time);
}

const move_limits& limits_of(const path_options& options, std::size_t axis) {
  const std::array<const move_limits*, 4> limits{&options.pan, &options.tilt, &options.zoom, &options.roll};
  return *limits[axis];
}

} // namespace

std::string_view to_string(camera_move move) {
  switch (move) {
  case camera_move::still:
    return "static";
  case camera_move::pan:
    return "pan";
  case camera_move::tilt:
    return "tilt";
  case camera_move::zoom:
    return "zoom";
  case camera_move::roll:
    return "roll";
  case camera_move::shake:
    return "shake";
  }
  return "static";
}

void camera_path::push(const camera_step& step, std::vector<camera_span>& found) {
  if (nodes_.empty()) {
    node start;
    start.at = step.from;
    start.support = step.support;
    nodes_.push_back(start);
  }
  node next;
  next.at = step.to;
  next.support = step.support;
  for (std::size_t axis = 0; axis < 4; ++axis)
    next.path[axis] = nodes_.back().path[axis] + step.by[axis];
  nodes_.push_back(next);
  settle_ready(false);
  found.insert(found.end(), out_.begin(), out_.end());
  out_.clear();
}

void camera_path::finish(std::vector<camera_span>& found) {
  if (nodes_.size() > 1) {
    settle_ready(true);
    for (std::size_t axis = 0; axis < 4; ++axis)
      close(axis);
    close_shake();
    fill_still(true);
  }
  found.insert(found.end(), out_.begin(), out_.end());
  *this = camera_path{options_};
}

void camera_path::settle_ready(bool all) {
  const double window = reach * options_.smoothing_seconds;
  while (smoothed_ < nodes_.size() && (all || seconds_between(nodes_[smoothed_].at, nodes_.back().at) >= window))
    smooth(smoothed_++);
  while (settled_ < smoothed_ && (all || settled_ + shake_nodes < smoothed_)) {
    // The median is not moved by the few nodes at which a fast pan starts or stops.
    std::vector<double> offs;
    const std::size_t from = settled_ > shake_nodes ? settled_ - shake_nodes : 0;
    for (std::size_t i = from; i < smoothed_ && i <= settled_ + shake_nodes; ++i)
      offs.push_back(nodes_[i].off);
    const auto middle = offs.begin() + static_cast<std::ptrdiff_t>(offs.size() / 2);
    std::nth_element(offs.begin(), middle, offs.end());
    // The median of a Rayleigh distribution is 1.177 sigma, and its RMS 1.414 sigma.
    settle(nodes_[settled_++], *middle * 1.201);
  }
  // What no window reaches any more.
  while (!all && settled_ > shake_nodes + 1 && seconds_between(nodes_[1].at, nodes_[smoothed_ - 1].at) > 2 * window) {
    nodes_.pop_front();
    --settled_;
    --smoothed_;
  }
}

void camera_path::smooth(std::size_t i) {
  auto& center = nodes_[i];
  const double window = reach * options_.smoothing_seconds;
  double weights = 0, times = 0, squares = 0;
  axes sums{}, products{};
  const auto add = [&](const node& other) {
    const double t = seconds_between(center.at, other.at);
    const double z = t / options_.smoothing_seconds;
    const double weight = std::exp(-z * z / 2);
    weights += weight;
    times += weight * t;
    squares += weight * t * t;
    for (std::size_t axis = 0; axis < 4; ++axis) {
      const double value = other.path[axis] - center.path[axis];
      sums[axis] += weight * value;
      products[axis] += weight * value * t;
    }
    return std::abs(t) <= window;
  };
  add(center);
  for (std::size_t j = i; j-- > 0 && (add(nodes_[j]) || j + 1 == i);) {
  }
  for (std::size_t j = i + 1; j < nodes_.size() && (add(nodes_[j]) || j == i + 1); ++j) {
  }
  const double determinant = weights * squares - times * times;
  axes smooth_place{};
  if (determinant > 1e-12) {
    for (std::size_t axis = 0; axis < 4; ++axis) {
      center.rate[axis] = (weights * products[axis] - times * sums[axis]) / determinant;
      smooth_place[axis] = (squares * sums[axis] - times * products[axis]) / determinant;
    }
  }
  center.off = std::hypot(smooth_place[0], smooth_place[1]);
}

void camera_path::settle(const node& now, double shake) {
  if (!still_since_)
    still_since_ = now;
  still_support_ += now.support;
  ++still_nodes_;
  for (std::size_t axis = 0; axis < 4; ++axis)
    follow(axis, now);
  follow_shake(now, shake);
  fill_still(false);
}

void camera_path::follow(std::size_t axis, const node& now) {
  auto& move = moves_[axis];
  const auto& limits = limits_of(options_, axis);
  const double rate = now.rate[axis];
  if (move && (rate * move->sign < std::max(limits.lasts, options_.share_of_peak * move->peak)))
    close(axis);
  if (!move) {
    if (std::abs(rate) < limits.lasts)
      return;
    move = open_move{}; // not emplace(): clang 14 cannot see yet that it may be made from nothing
    move->sign = rate < 0 ? -1 : 1;
  }
  move->peak = std::max(move->peak, std::abs(rate));
  move->last = now;
  move->support += now.support;
  move->off_squared += now.off * now.off;
  ++move->nodes;
  if (move->head.size() < head_nodes)
    move->head.push_back(now);
  while (move->head.size() > 1 && std::abs(move->head.front().rate[axis]) < options_.share_of_peak * move->peak)
    move->head.pop_front();
}

void camera_path::close(std::size_t axis) {
  auto& move = moves_[axis];
  if (!move)
    return;
  const auto& limits = limits_of(options_, axis);
  const auto& first = move->head.front();
  camera_span span;
  span.move = std::array{camera_move::pan, camera_move::tilt, camera_move::zoom, camera_move::roll}[axis];
  span.first = first.at;
  span.last = move->last.at;
  span.amount = move->last.path[axis] - first.path[axis];
  span.support = move->support / move->nodes;
  double off = std::sqrt(move->off_squared / move->nodes);
  if (shake_)
    off = std::max(off, std::sqrt(shake_->off_squared / shake_->nodes));
  // Where few points agree, a small move is more likely something that passes before the camera.
  double least = limits.least * std::max(1.0, options_.sure_support / std::max(0.05, span.support));
  if (axis < 2)
    least = std::max(least, options_.over_shake * off);
  const bool counts = move->peak >= limits.starts && span.amount * move->sign >= least &&
                      seconds_between(span.first, span.last) >= options_.least_seconds;
  move.reset();
  if (counts)
    accept(span);
}

void camera_path::follow_shake(const node& now, double shake) {
  if (shake < options_.shake_lasts) {
    close_shake();
    return;
  }
  if (!shake_) {
    shake_ = open_shake{};
    shake_->first = now;
  }
  shake_->last = now;
  shake_->off_squared += now.off * now.off;
  shake_->support += now.support;
  ++shake_->nodes;
  shake_->certain = shake_->certain || shake >= options_.shake_starts;
}

void camera_path::close_shake() {
  if (!shake_)
    return;
  camera_span span;
  span.move = camera_move::shake;
  span.first = shake_->first.at;
  span.last = shake_->last.at;
  span.amount = std::sqrt(shake_->off_squared / shake_->nodes);
  span.support = shake_->support / shake_->nodes;
  const bool counts = shake_->certain && seconds_between(span.first, span.last) >= options_.least_shake_seconds;
  shake_.reset();
  if (counts)
    accept(span);
}

void camera_path::accept(const camera_span& span) {
  out_.push_back(span);
  accepted_.push_back(span);
  if (accepted_.size() > most_accepted) {
    // One open move lasts so long that many others ended under it; what lies between the two oldest is not told.
    accepted_[1].first = std::min(accepted_[0].first, accepted_[1].first);
    accepted_[1].last = std::max(accepted_[0].last, accepted_[1].last);
    accepted_.erase(accepted_.begin());
  }
}

// What no accepted move covers is still. Decided up to the start of the earliest move that is open.
void camera_path::fill_still(bool all) {
  if (!still_since_ || settled_ == 0)
    return;
  const bool open = shake_ || std::ranges::any_of(moves_, [](const auto& move) { return move.has_value(); });
  if (accepted_.empty() && !all)
    return;
  if (open && !all)
    return;
  std::ranges::sort(accepted_, {}, &camera_span::first);
  const double support = still_support_ / static_cast<double>(std::max<std::int64_t>(1, still_nodes_));
  auto since = still_since_->at;
  const auto emit = [&](const frame_position& until) {
    if (seconds_between(since, until) >= options_.least_seconds)
      out_.push_back({camera_move::still, since, until, 0, support});
  };
  for (const auto& span : accepted_) {
    emit(span.first);
    since = std::max(since, span.last);
  }
  accepted_.clear();
  if (all)
    emit(nodes_[settled_ - 1].at);
  still_since_->at = since;
  still_support_ = 0;
  still_nodes_ = 0;
}

} // namespace timeloom
