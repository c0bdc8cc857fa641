/// The colours of each scene: which dominate, how bright, how vivid.
///
/// Runs inside the decode, on one thread, and sees every frame once. A few thousand pixels of each frame are held until
/// the frame's shot is known; then two frames a second are turned into a histogram of their shot. Memory is bounded by
/// the lag of the transitions and by `most_shots`, not by the video's length.
#pragma once

#include "analyzers/color_palette.hpp"
#include "analyzers/shot_order.hpp"
#include "timeline/event.hpp"
#include "timeline/timeline.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace timeloom {

struct color_options {
  double rate_hz = 2;      ///< frames a second that count; a shot's first clear frame always does
  int grid_long_side = 72; ///< pixels taken along a frame's longer side
  int colors = 5;          ///< at most so many in a scene
  double least_share = 0.03;
  int most_shots = 96; ///< held apart; must exceed the shots that a scene lags behind (scene_options)
};

class color_analyzer {
public:
  explicit color_analyzer(color_options options = {}) : options_(options) {}

  void push(const small_frame& frame);

  /// The transitions that became known, in order of time, and the index below which all are known.
  void settle(std::span<const transition> changes, std::int64_t settled);

  /// One event of kind "color" for `of`, from its first to its last frame. Scenes are asked for once each, in order of
  /// time, without gaps; frames up to the scene's last count as settled. Label: the main colour's name. Attributes:
  /// `colors` (name, hex and share of each), `brightness`, `contrast`, `saturation` (color_statistics), `colorfulness`
  /// and `monochrome` (all of one tint or none: black and white, sepia).
  event describe(const scene& of);

private:
  struct shot_colors {
    std::int64_t shot = 0;
    frame_position first;
    color_palette palette;
  };

  void take(const frame_grid& grid);
  void settle_through(std::int64_t index);

  color_options options_;
  shot_order order_;
  std::deque<frame_grid> pending_;
  std::vector<frame_grid> spare_; // memory used again
  std::deque<shot_colors> shots_;
  std::optional<media_time> next_sample_; // absent before a shot's first clear frame
};

} // namespace timeloom
