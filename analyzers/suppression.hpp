/// Of the boxes that a detector gives for the same thing, the best. Plain functions; any thread may call them. What
/// runs on a device must keep the same boxes.
#pragma once

#include "core/geometry.hpp"

#include <cstddef>
#include <span>
#include <vector>

namespace timeloom {

/// Corners in pixels of the model's input, x2 and y2 exclusive.
struct scored_box {
  float x1 = 0;
  float y1 = 0;
  float x2 = 0;
  float y2 = 0;
  float score = 0;
  int label = 0;
};

/// The area that both cover over the area that either covers, in double precision. 0 when either is not finite or has
/// no area.
double intersection_over_union(const scored_box& a, const scored_box& b);
double intersection_over_union(const box& a, const box& b);

/// The area that both cover over the smaller one's area: 1 when one lies in the other. 0 when either has no area.
double covered_share(const box& a, const box& b);

struct suppression_options {
  double max_overlap = 0.7; ///< a box is dropped when its intersection over union with a better one is above
  std::size_t limit = 300;  ///< boxes kept at most
};

/// Greedy non-maximum suppression among boxes of the same label: indices into `boxes` of those to keep, by falling
/// score, of equal scores the earlier box first. Boxes that are not finite or have no area are dropped.
std::vector<std::size_t> suppress(std::span<const scored_box> boxes, const suppression_options& options = {});

} // namespace timeloom
