/// The similarity between two pictures that most of their matched points agree with.
///
/// RANSAC (M. Fischler and R. Bolles, 1981), then iteratively reweighted least squares with Tukey's biweight.
/// Deterministic.
#pragma once

#include <optional>
#include <vector>

namespace timeloom {

/// A point of one picture and where it is in the next, in any one unit, measured from the picture's centre.
struct point_pair {
  float x = 0, y = 0;
  float to_x = 0, to_y = 0;
  float weight = 1;
};

struct similarity_fit {
  double a = 1, b = 0; ///< zoom * cos(turn), zoom * sin(turn)
  double x = 0, y = 0;
  double support = 0; ///< weight of the pairs within `tolerance`, over the weight of all
};

/// The similarity that most weight agrees with to `tolerance`. Still points win against a motion that more points share
/// when they are many and spread about: a camera that moves leaves next to none of them exactly in place, while what
/// moves before a still one may fill most of the picture. Zoom and turn count only as far as they show along
/// both axes: things that pass at different speeds because they are at different depths show along one. Nothing for
/// fewer than two pairs.
std::optional<similarity_fit> fit_similarity(const std::vector<point_pair>& pairs, double tolerance);

} // namespace timeloom
