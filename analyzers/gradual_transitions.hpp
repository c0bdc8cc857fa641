/// Dissolves, fades and wipes in a stream of reduced pictures.
///
/// While one shot is mixed into the next, every frame lies on the line between the picture before and the picture
/// after, and moves along it steadily: F(t) = (1 - a(t)) A + a(t) B. All inner products of the last frames are kept, so
/// that every window of up to 64 frames can be fitted in each step. In a wipe each place jumps from A to B at its own
/// time instead, which leaves the residual a (1 - a); such windows are fitted place by place. The mixing model is that
/// of Lienhart, "Reliable Transition Detection in Videos: A Survey and Practitioner's Guide", IJIG 1(3), 2001.
#pragma once

#include "analyzers/picture_history.hpp"
#include "analyzers/transition.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace timeloom {

/// A stretch in which one shot gives way to another, `first` and `last` counted in pushed frames.
struct gradual_span {
  transition_kind kind = transition_kind::dissolve;
  std::int64_t first = 0; ///< the first mixed frame
  std::int64_t last = 0;  ///< the last mixed frame
  double score = 0;       ///< confidence in [0, 1]
  double weight = 0;      ///< which of overlapping spans to keep: the larger
};

/// Fits windows that end a little before the newest picture. One owner, one thread.
class gradual_finder {
public:
  static constexpr int longest = 64; ///< frames from the last pure frame before to the first pure frame after
  static constexpr int shortest = 5;
  static constexpr int lookahead = 16; ///< frames after a window that its fit may use

  /// Takes the newest picture of `history` into account; gives the best window of at least `least` frames that ends
  /// `lookahead` frames before it.
  std::optional<gradual_span> push(const picture_history& history, int least = shortest);
  /// After the last push: gives the windows that end at or after the last frame that push looked at.
  std::vector<gradual_span> finish(const picture_history& history, int least = shortest);

private:
  struct fit {
    double distance = 0; ///< |B - A|^2
    double residual = 0; ///< mean over the inner frames, over |B - A|^2
    double bend = 0;     ///< largest distance of a(t) from the straight line
    double step = 0;     ///< largest single step of a(t)
  };

  double product(std::int64_t a, std::int64_t b) const;
  double distance(std::int64_t a, std::int64_t b) const;
  fit fit_window(std::int64_t first, std::int64_t last) const;
  std::optional<gradual_span> best_ending_at(const picture_history& history, std::int64_t last, std::int64_t newest,
                                             int least) const;

  static constexpr int capacity = 128;
  std::array<std::array<std::int32_t, capacity>, capacity>
      products_{};                   ///< of frame i with frame j, both modulo capacity
  std::optional<gradual_span> best_; ///< the last one given
};

} // namespace timeloom
