/// Gradual transitions of up to about four seconds: the fit of `gradual_finder` on every second to fourth frame.
///
/// Costs half to a quarter of it; spans begin and end up to three frames beside the first and last mixed frame. Above
/// 66 frames a second the longest is 256 frames.
#pragma once

#include "analyzers/gradual_transitions.hpp"
#include "analyzers/picture_history.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace timeloom {

/// Takes a frame every 60 ms or so, but never leaves out more than three. One owner, one thread.
class slow_finder {
public:
  static constexpr int widest_step = 4;
  /// Frames taken that a span is held back for a heavier one that begins later.
  static constexpr int overlap_wait = 16;
  /// Frames from a span's first one to the latest at which it is settled.
  static constexpr int lag = widest_step * (gradual_finder::longest + gradual_finder::lookahead + overlap_wait + 2);

  /// Takes the next frame, the `number`-th pushed; gives spans longer than `gradual_finder` finds, in pushed frames.
  std::vector<gradual_span> push(const shot_picture& picture, std::int64_t number);
  std::vector<gradual_span> finish();
  /// No span that is still to come begins before this frame.
  std::int64_t settled() const;

private:
  int least() const;
  gradual_span in_pushed_frames(gradual_span span) const;
  std::int64_t number_of(std::int64_t taken) const {
    return numbers_[static_cast<std::size_t>(taken % picture_history::capacity)];
  }

  picture_history history_;
  gradual_finder finder_;
  std::array<std::int64_t, picture_history::capacity> numbers_{}; ///< the pushed frame that each one taken was
};

} // namespace timeloom
