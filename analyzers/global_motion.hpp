/// How the whole picture moved from one frame to a later one.
#pragma once

#include "core/picture.hpp"

#include <cstdint>
#include <memory>
#include <optional>

namespace timeloom {

/// A similarity of the picture: each point goes to `zoom * R(turn) * (point - centre) + centre + (right, down)`.
struct similarity {
  double right = 0; ///< of the content at the picture's centre, in picture widths
  double down = 0;  ///< likewise, in picture widths too
  double zoom = 1;
  double turn = 0; ///< radians, clockwise on the screen
};

struct picture_motion {
  similarity motion;
  double support = 0; ///< share of the followed points that agree, 0 to 1
  int points = 0;     ///< followed
};

struct motion_options {
  int work_long_side = 240; ///< pictures are halved until their longer side is at most this
  int cells = 16;           ///< along the longer side; at most one corner is followed in each
  double least_corner = 24; ///< smaller eigenvalue of the structure tensor of central differences, the mean over a
                            ///< pixel, under which there is nothing to follow
  int least_points = 12;
  double least_support = 0.3;
};

/// Follows corners from each picture to the next and fits a similarity that most of them agree with.
///
/// Corners: J. Shi and C. Tomasi, "Good features to track", CVPR 1994. Following: J.-Y. Bouguet, "Pyramidal
/// implementation of the Lucas Kanade feature tracker", 2000, checked forward and backward (Z. Kalal et al.,
/// "Forward-backward error", ICPR 2010). Fit: fit_similarity(). Used by one thread; not copied.
class motion_estimator {
public:
  explicit motion_estimator(motion_options options = {});
  ~motion_estimator();
  motion_estimator(motion_estimator&&) noexcept;
  motion_estimator& operator=(motion_estimator&&) noexcept;

  /// The motion from the picture of the call before to this one. Nothing on the first call, after a change of size,
  /// with too little texture, and when no motion has enough support. `sample_aspect` is the width of a sample over its
  /// height; the motion is that of the picture as it is shown.
  std::optional<picture_motion> push(const plane_view& luma, double sample_aspect = 1);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
