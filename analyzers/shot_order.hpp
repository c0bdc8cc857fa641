/// Which shot a frame belongs to, once the transitions around it are known.
///
/// The analyzers that work along shots share this: they hold what they measured of each frame until it is settled, and
/// then ask where the frame stands. Used by one thread.
#pragma once

#include "analyzers/transition.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace timeloom {

/// The first frame that counts as the new shot's. A cut's own frame; the middle of a dissolve or wipe; the frame after
/// a fade-out; a fade-in's first frame. So the black or white between a fade-out and a fade-in is a shot of its own.
std::int64_t first_frame_of_new_shot(const transition& change);

class shot_order {
public:
  struct place {
    std::int64_t shot = 0;   ///< 0-based; rises by one at each boundary
    bool mixed = false;      ///< inside a gradual transition: not a picture of one shot alone
    bool after_fade = false; ///< the shot began at a fade
  };

  /// Transitions that became known, in any order. Those told before are ignored, and so are those that start before a
  /// frame already asked for.
  void learn(std::span<const transition> changes);

  /// Where frame `index` stands. Frames are asked for in rising order, and only those below the settled index.
  place at(std::int64_t index);

private:
  struct boundary {
    std::int64_t index;
    bool fade;
  };

  std::vector<boundary> boundaries_; // ahead of the last frame asked for, by index
  std::vector<transition> gradual_;  // not yet passed
  std::vector<transition> told_;     // and start after the last frame asked for
  std::optional<std::int64_t> asked_;
  place now_;
};

} // namespace timeloom
