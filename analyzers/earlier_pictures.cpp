#include "analyzers/earlier_pictures.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

void earlier_pictures::keep(frame_position at, const plane_view& gray) {
  picture kept;
  if (kept_.size() == most) {
    kept = std::move(kept_.front());
    kept_.pop_front();
  }
  kept.at = at;
  kept.gray.resize(gray.width, gray.height);
  for (int y = 0; y < gray.height; ++y)
    std::copy_n(gray.row(y), gray.width, kept.gray.row(y));
  kept_.push_back(std::move(kept));
}

bool earlier_pictures::is_last_of(const plane_view& letters, const text_region& region, const plane_view& now) const {
  return !kept_.empty() && shows_faintly(letters, region, kept_.back().gray.view(), now);
}

frame_position earlier_pictures::first_of(const plane_view& letters, const text_region& region,
                                          frame_position found) const {
  auto first = found;
  for (std::size_t i = kept_.size(); i-- > 0;) {
    const auto& [at, gray] = kept_[i];
    if (at >= first)
      continue;
    if (i == 0 && kept_.size() == most) // what was there before is not known any more
      break;
    if (!shows_faintly(letters, region, gray.view(), i > 0 ? kept_[i - 1].gray.view() : plane_view{}))
      break;
    first = at;
  }
  return first;
}

} // namespace timeloom
