/// How unlike two pictures are once motion, and if asked lighting, is allowed for.
///
/// Pure functions of two pictures, but for the vectors that `block_matcher` keeps as a first guess.
#pragma once

#include "analyzers/shot_picture.hpp"

#include <array>
#include <cstdint>

namespace timeloom {

struct unexplained_change {
  double share = 0;  ///< in [0, 1]: each block's difference over its texture, flat blocks that agree hardly counting
  double levels = 0; ///< mean absolute difference of luma and chroma
};

/// Explains each block of a picture by a displaced block of the one before. One owner, one thread.
class block_matcher {
public:
  /// What no displaced block of `before` explains of `after`.
  unexplained_change compare(const shot_picture& before, const shot_picture& after);

private:
  struct vector {
    int x = 0;
    int y = 0;
  };
  std::array<vector, static_cast<std::size_t>(shot_picture::blocks_x) * shot_picture::blocks_y> last_{};
};

/// How well the structure of two pictures agrees in [0, 1] under local displacements of up to a fifth of the picture,
/// whatever their brightness and contrast: the zero-mean normalised correlation of (16, 16) windows of the half-size
/// luma at their common best displacement, weighted by contrast. Costs about as much as ten frames of `block_matcher`.
/// Black bars that both pictures have do not count. Of two pictures without structure, 1 when they have the same tone.
double structural_agreement(const shot_picture& a, const shot_picture& b);

/// How much of the contrast of one picture a tone curve applied to the other explains, in [0, 1]: near 1 for a still
/// scene in another light, even where it is clipped. The better of both directions; 0 when either has no structure.
double tone_agreement(const shot_picture& a, const shot_picture& b);

/// How far apart the two colour distributions are, in [0, 1]: coarse histograms of luma and chroma in each of
/// (2, 2) quarters, half their L1 distance, the mean over the quarters.
double histogram_distance(const shot_picture& a, const shot_picture& b);

} // namespace timeloom
