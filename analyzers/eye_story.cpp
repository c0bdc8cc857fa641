#include "analyzers/eye_story.hpp"

#include <array>
#include <cmath>

namespace timeloom {

namespace {

constexpr int tolerated_unclear = 1;         // sightings in a row that tell nothing
constexpr std::int64_t least_open = 6;       // sightings, before closings are believed
constexpr double least_reliability = 0.75;   // likewise
constexpr std::int64_t least_typical = 3;    // open sightings, to know how dark these irises are
constexpr double newest_share = 0.3;         // of how dark they typically are
constexpr double most_darkness_closed = 0.7; // of that
constexpr double most_disagreement = 0.5;    // of the irises of two eyes that look the same way
constexpr double most_central = 0.15;        // iris in the middle
constexpr double least_sideways = 0.3;       // iris at a side
constexpr std::int64_t least_gaze = 2;       // sightings

} // namespace

std::string_view to_string(gaze direction) {
  constexpr std::array<std::string_view, 3> names{"left", "centre", "right"};
  return names.at(static_cast<std::size_t>(direction));
}

std::optional<gaze> gaze_of(const seen_eyes& eyes) {
  const auto& [left, right] = eyes;
  if (!left.iris || !right.iris || std::abs(*left.iris - *right.iris) > most_disagreement)
    return std::nullopt;
  const double place = (*left.iris + *right.iris) / 2;
  if (std::abs(place) <= most_central)
    return gaze::centre;
  if (std::abs(place) < least_sideways)
    return std::nullopt;
  return place < 0 ? gaze::left : gaze::right;
}

// Eyes that detectors do not see are closed when they have lost the dark of their irises, against this face's own.
eye_story::state eye_story::state_of(const seen_eyes& eyes) {
  const double darkness = (eyes.left.darkness + eyes.right.darkness) / 2;
  if (eyes.left.open || eyes.right.open) {
    typical_darkness_ += (open_ == 0 ? 1 : newest_share) * (darkness - typical_darkness_);
    ++open_;
    return state::open;
  }
  if (open_ >= least_typical && darkness < most_darkness_closed * typical_darkness_) {
    ++closed_;
    return state::closed;
  }
  ++missed_;
  return state::unknown;
}

void eye_story::see(frame_position at, const std::optional<seen_eyes>& eyes) {
  const auto now = eyes ? state_of(*eyes) : state::unknown;
  unclear_ = now == state::unknown ? unclear_ + 1 : 0;
  switch (now) {
  case state::open:
    if (closing_)
      closings_.push_back(*closing_);
    closing_.reset();
    was_open_ = true;
    break;
  case state::closed:
    if (closing_)
      closing_->last = at;
    else if (was_open_)
      closing_ = {at, at};
    break;
  case state::unknown:
    if (unclear_ > tolerated_unclear) {
      closing_.reset();
      was_open_ = false;
    }
    break;
  }

  const auto direction = eyes ? gaze_of(*eyes) : std::nullopt;
  gaze_unclear_ = direction ? 0 : gaze_unclear_ + 1;
  if (gaze_ && (gaze_unclear_ > tolerated_unclear || (direction && *direction != gaze_->direction)))
    end_gaze();
  if (!direction)
    return;
  if (!gaze_)
    gaze_ = {{at, at}, *direction, 0};
  gaze_->last = at;
  ++gaze_->sightings;
}

void eye_story::finish() {
  closing_.reset();
  end_gaze();
}

std::vector<eye_span> eye_story::closings() const {
  return is_reliable() ? closings_ : std::vector<eye_span>{};
}

bool eye_story::is_reliable() const {
  return open_ >= least_open && reliability() >= least_reliability;
}

double eye_story::reliability() const {
  // Each closing is one more time at which open eyes may have been missed.
  const auto doubtful = missed_ + static_cast<std::int64_t>(closings_.size());
  return open_ > 0 ? static_cast<double>(open_) / static_cast<double>(open_ + doubtful) : 0;
}

void eye_story::end_gaze() {
  if (gaze_ && gaze_->sightings >= least_gaze)
    gazes_.push_back(*gaze_);
  gaze_.reset();
}

} // namespace timeloom
