#include "analyzers/track_path.hpp"

namespace timeloom {

void track_path::add(const path_point& next) {
  if (added_ > 0 && next == last_)
    return;
  last_ = next;
  if (added_++ % stride_ != 0)
    return;
  kept_.push_back(next);
  if (kept_.size() < most_points)
    return;
  for (std::size_t i = 0; 2 * i < kept_.size(); ++i)
    kept_[i] = kept_[2 * i];
  kept_.resize((kept_.size() + 1) / 2);
  stride_ *= 2;
}

std::vector<path_point> track_path::points() const {
  auto points = kept_;
  if (added_ > 0 && (added_ - 1) % stride_ != 0)
    points.push_back(last_);
  return points;
}

} // namespace timeloom
