#include "analyzers/shot_order.hpp"

#include <algorithm>

namespace timeloom {

std::int64_t first_frame_of_new_shot(const transition& change) {
  switch (change.kind) {
  case transition_kind::cut:
  case transition_kind::fade_in:
    return change.first.index;
  case transition_kind::fade_out:
    return change.last.index + 1;
  case transition_kind::dissolve:
  case transition_kind::wipe:
    break;
  }
  return (change.first.index + change.last.index + 1) / 2;
}

void shot_order::learn(std::span<const transition> changes) {
  for (const auto& change : changes) {
    if ((asked_ && change.first.index <= *asked_) || std::ranges::find(told_, change) != told_.end())
      continue;
    told_.push_back(change);
    const bool fade = change.kind == transition_kind::fade_in || change.kind == transition_kind::fade_out;
    const boundary next{first_frame_of_new_shot(change), fade};
    const auto place_of = std::ranges::upper_bound(boundaries_, next.index, {}, &boundary::index);
    boundaries_.insert(place_of, next);
    if (change.kind != transition_kind::cut)
      gradual_.push_back(change);
  }
}

shot_order::place shot_order::at(std::int64_t index) {
  bool crossed = false;
  bool fade = false;
  auto ahead = boundaries_.begin();
  for (; ahead != boundaries_.end() && ahead->index <= index; ++ahead) {
    crossed = true;
    fade = fade || ahead->fade;
  }
  boundaries_.erase(boundaries_.begin(), ahead);
  if (crossed) {
    // A boundary before the first frame, such as that of a fade-in which opens the video, ends no shot.
    now_.shot += asked_ ? 1 : 0;
    now_.after_fade = fade;
  }
  asked_ = index;
  std::erase_if(told_, [&](const transition& change) { return change.first.index <= index; });
  std::erase_if(gradual_, [&](const transition& change) { return change.last.index < index; });
  now_.mixed = std::ranges::any_of(gradual_, [&](const transition& change) { return change.first.index <= index; });
  return now_;
}

} // namespace timeloom
