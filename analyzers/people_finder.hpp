/// Standing and walking people in one picture, by histograms of oriented gradients: N. Dalal and B. Triggs, "Histograms
/// of oriented gradients for human detection", CVPR 2005, with the detector that OpenCV has been trained with.
#pragma once

#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace timeloom {

struct seen_person {
  box area;         ///< from head to feet, without the margins that the detector needs
  double score = 0; ///< [0, 1]; 0.5 where one in two is a person
};

/// How large the people are that are looked for, from head to feet in pixels.
struct person_heights {
  double least_px = 0;
  double most_px = 0;
};

/// One owner, one thread. Takes upright luma, (height, width) uint8. People are found from `least_height_px` on.
class people_finder {
public:
  static constexpr double least_height_px = 96;

  people_finder();
  people_finder(people_finder&&) noexcept;
  people_finder& operator=(people_finder&&) noexcept;
  ~people_finder();

  /// Places inside `area` that may be people, the surest first; to be looked at.
  std::vector<box> candidates(const plane_view& luma, const box& area, const person_heights& heights);

  /// The person near `expected`, of about that size, if one may be there: closely, at many places and sizes.
  std::optional<seen_person> look(const plane_view& luma, const box& expected);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
