/// Scenes: runs of shots that belong together, each with a frame that stands for it.
///
/// Runs inside the decode, on one thread, and sees every frame once. Scenes follow each other without gaps from the
/// first frame pushed to the last. A scene changes at first_frame_of_new_shot() of a transition: at a cut, in the
/// middle of a dissolve or wipe, after a fade-out. Black or white stretches belong to the scene before them (or to the
/// first scene) and are not counted as shots; a fade always ends a scene.
///
/// A scene is given once no later shot can join it: up to `grouping.most_seconds` or `grouping.most_shots_apart` shots
/// after its end. Held meanwhile: a few thousand pixels of each frame not settled, one picture for each shot that is
/// open (at most 2 * most_shots_apart + 1), and `most_candidates` pictures that are not settled. Nothing grows with the
/// video's length.
#pragma once

#include "analyzers/scene_grouping.hpp"
#include "analyzers/shot_order.hpp"
#include "timeline/timeline.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace timeloom {

struct scene_options {
  grouping_options grouping;
  int grid_long_side = 64;        ///< pixels taken along a frame's longer side
  double rate_hz = 4;             ///< clear frames a second that count for a shot's looks; its first always does
  double candidate_seconds = 0.4; ///< between frames that may come to stand for a scene
  double part_seconds = 20;       ///< a longer shot is compared with earlier ones before it ends
  int most_candidates = 24;       ///< not settled; beyond it every other one is dropped
};

/// A scene and the small picture of its representative frame, for a thumbnail; planes as in `small_frame`, owned;
/// empty when no candidate of the scene could be kept.
struct segmented_scene {
  timeloom::scene scene; ///< without `thumbnail_jpeg`
  plane luma;
  plane cb;
  plane cr;
  color_matrix matrix = color_matrix::bt709;
};

class scene_segmenter {
public:
  explicit scene_segmenter(scene_options options = {});

  /// True when the frame was kept as a candidate for the representative of its scene: one who wants representatives in
  /// full size keeps those, and drops the ones that holds() no longer knows.
  bool push(const small_frame& frame);
  bool holds(std::int64_t index) const;

  /// The transitions that became known, in order of time, and the index below which all are known. Gives the scenes
  /// that closed, in order of time.
  std::vector<segmented_scene> settle(std::span<const transition> changes, std::int64_t settled);

  /// The end of the video, when its last frame stops being shown: every frame pushed is settled.
  std::vector<segmented_scene> finish(media_time end);

private:
  bool is_candidate(const small_frame& frame, const frame_grid& grid) const;
  void settle_below(std::int64_t settled);
  void take(const frame_grid& grid);
  void take_candidate(scene_picture&& candidate);
  void hand_over();
  void close_shot();
  std::vector<segmented_scene> give(std::optional<media_time> end);

  scene_options options_;
  shot_order order_;
  scene_grouper grouper_;
  std::deque<frame_grid> pending_;
  std::vector<frame_grid> spare_; // memory used again
  std::deque<scene_picture> candidates_;
  std::optional<media_time> last_candidate_;

  // The shot that is open, or the part of it not handed over.
  std::int64_t shot_ = -1;
  bool continues_ = false; // a part of it was handed over
  std::optional<shot_summary> open_;
  std::int64_t clear_frames_ = 0;
  std::int64_t blank_frames_ = 0;
  std::optional<media_time> next_sample_;

  std::vector<shot_summary> closed_; // the last one waits for the start of the next
  std::int64_t scenes_ = 0;
};

} // namespace timeloom
