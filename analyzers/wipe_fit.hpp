/// How well a jump of each place from one picture to another, at a time of its own, describes a stretch of frames.
#pragma once

#include "analyzers/picture_history.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace timeloom {

struct wipe_fit {
  double residual = 1; ///< of the best jump at each place, over that of no jump; 1/12 in a steady mixture
  double changed = 0;  ///< share of the places that differ between both ends
  double spread = 0;   ///< mean distance of the jump times from their median, over the length; 1/4 with a steady front
  double disorder = 1; ///< mean difference of the jump times of neighbours, over the length
};

/// What speaks for two shots on both sides of a front, rather than for something that moved; weighted means over the
/// blocks that the front crossed at once, in [0, 1].
struct wipe_evidence {
  double crossed = 0; ///< share of the blocks that the front crossed at once
  double novelty = 0; ///< what displaced blocks of the frame before the front came do not explain of the one after
  double unrest = 0;  ///< what changed in the textured blocks while the front was elsewhere
};

/// Fits jumps to the small luma plane over the frames first..last.
class wipe_fitter {
public:
  wipe_fitter(const picture_history& history, std::int64_t first, std::int64_t last);

  const wipe_fit& fit() const { return fit_; }
  wipe_evidence weigh() const;

private:
  static constexpr int width = shot_picture::small_width;
  static constexpr int height = shot_picture::small_height;
  static constexpr int unchanged = -1;

  void fit_jumps();
  void fit_front();

  const picture_history& history_;
  std::int64_t first_;
  std::int64_t last_;
  std::array<int, static_cast<std::size_t>(width) * height> jumps_{}; ///< the first frame of B after first_
  wipe_fit fit_;
};

} // namespace timeloom
