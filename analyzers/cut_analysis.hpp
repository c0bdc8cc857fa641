/// Changes of shot: cuts, dissolves, fades and wipes, with the frames where they happen.
///
/// A frame begins a new shot when no displaced blocks of the frame before explain it, much less so than is usual in its
/// surroundings, and no pair of frames just before and just after shows the same things in another light. Works on
/// reduced pictures of one size (see `shot_picture`), so its memory and time do not depend on the video.
#pragma once

#include "analyzers/block_matching.hpp"
#include "analyzers/gradual_transitions.hpp"
#include "analyzers/picture_history.hpp"
#include "analyzers/shot_picture.hpp"
#include "analyzers/slow_transitions.hpp"
#include "analyzers/transition.hpp"

#include <cstdint>
#include <vector>

namespace timeloom {

struct cut_options {
  double least_score = 0.5; ///< cuts below this confidence are not given; lower finds more, and more false ones
  bool gradual = true;      ///< whether to look for dissolves, fades and wipes
};

/// Finds changes of shot in a stream of reduced pictures. One owner, one thread.
class cut_detector {
public:
  /// Frames after a transition's first one at which it is given at the latest; about 100 when `cut_options::gradual` is
  /// not set, and half as many at 30 frames a second as at 60.
  static constexpr int lag = slow_finder::lag;

  explicit cut_detector(cut_options options = {});

  /// Takes the next frame in presentation order; gives the transitions that are certain now, in order of time.
  std::vector<transition> push(const small_frame& frame);
  /// The stream ended: gives the rest. Nothing may be pushed after it.
  std::vector<transition> finish();
  /// Every transition whose first frame's index is below this was already given.
  std::int64_t settled() const { return settled_; }

private:
  const unexplained_change& change_at(std::int64_t frame) const;
  const frame_position& position_of(std::int64_t frame) const {
    return positions_[static_cast<std::size_t>(frame) % positions_.size()];
  }
  bool within_flash(std::int64_t frame, std::int64_t newest) const;
  void judge(std::int64_t frame, std::int64_t newest);
  std::vector<transition> settle(std::int64_t end);

  cut_options options_;
  picture_history history_;
  block_matcher matcher_;
  gradual_finder gradual_;
  slow_finder slow_;
  std::vector<frame_position> positions_ = std::vector<frame_position>(lag + 1); ///< of the last frames
  std::vector<unexplained_change> changes_ =
      std::vector<unexplained_change>(picture_history::capacity); ///< of each frame to the one before
  std::int64_t judged_ = 1; ///< frames below this are decided as cuts; numbers count pushed frames
  std::vector<transition> cuts_;
  std::vector<gradual_span> spans_;
  std::int64_t last_given_ = -1; ///< the last frame of the last span given
  std::int64_t settled_ = 0;
};

} // namespace timeloom
