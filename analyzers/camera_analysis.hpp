/// What the camera does: static, pan, tilt, zoom, roll, shake.
///
/// Runs inside the decode, on one thread, and sees every frame once; measures the motion between frames about
/// 1 / rate_hz apart and holds the measurements until their frames are settled. Memory is bounded by the lag of the
/// transitions, not by the video's length.
#pragma once

#include "analyzers/camera_path.hpp"
#include "analyzers/global_motion.hpp"
#include "analyzers/shot_order.hpp"
#include "timeline/event.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace timeloom {

struct camera_options {
  double rate_hz = 6;
  double longest_gap_seconds = 1.2; ///< between two frames that are compared
  motion_options motion;
  path_options path;
};

/// Events span a frame measured to a frame measured, never cross a change of shot and leave gradual transitions out.
/// Moves along different axes overlap when they happen together. A stretch without enough texture or agreement gives
/// no event: what the camera does there is unknown. `kind` is to_string(camera_move); `label` is the direction in
/// which the camera goes: "left" or "right", "up" or "down", "in" or "out", "clockwise" or "counterclockwise".
///
/// Attributes. pan, tilt: `widths` moved and `percent_of_width_per_s`. zoom: `factor` (1.25 is 25 % closer) and
/// `percent_per_s`. roll: `degrees` and `degrees_per_s`. shake: `rms_percent_of_width`.
class camera_analyzer {
public:
  explicit camera_analyzer(camera_options options = {});

  void push(const small_frame& frame);

  /// The transitions that became known, in order of time, and the index below which all are known. Gives the events
  /// that ended, not in order of their starts.
  std::vector<event> settle(std::span<const transition> changes, std::int64_t settled);

  /// The end of the video: every frame pushed is settled.
  std::vector<event> finish();

private:
  struct measured {
    frame_position from;
    frame_position to;
    std::optional<picture_motion> motion;
  };

  void settle_below(std::int64_t settled, std::vector<camera_span>& found);

  camera_options options_;
  motion_estimator estimator_;
  shot_order order_;
  std::optional<frame_position> last_sample_;
  std::optional<media_time> next_sample_;
  std::deque<measured> pending_;
  std::optional<shot_order::place> place_; // of the last sample settled
  camera_path path_;
  std::optional<camera_step> step_before_; // in this run
  bool guessed_ = false;                   // the last step of the run
};

} // namespace timeloom
