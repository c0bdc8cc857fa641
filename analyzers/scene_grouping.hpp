/// Shots grouped into scenes by what they look like.
#pragma once

#include "analyzers/appearance.hpp"
#include "core/picture.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace timeloom {

/// A frame that may stand for its shot or scene, and its picture. Owned.
struct scene_picture {
  frame_position at;
  plane luma;
  plane cb;
  plane cr;
  color_matrix matrix = color_matrix::bt709;
  appearance looks;
  double sharpness = 0;
  bool blank = false; ///< black or white all over
  bool mixed = false; ///< taken inside a gradual transition
};

/// Whether `one` stands for `typical` better than `other`: closer to it, sharper, neither blank nor mixed.
bool stands_better(const scene_picture& one, const scene_picture& other, const appearance& typical);

/// What is known of a shot, or of a run of shots that were joined.
struct shot_summary {
  frame_position first;
  frame_position last;
  std::int64_t shots = 1;
  appearance opening; ///< of its first clear frames
  appearance typical; ///< mean of its clear frames, weighted by their number
  appearance closing;
  bool after_fade = false; ///< it began at a fade: no scene goes on across
  bool blank = false;      ///< black or white from end to end: shows no place
  std::optional<scene_picture> picture;
};

/// `next` follows `into` and belongs to it.
void join(shot_summary& into, shot_summary&& next);

struct grouping_options {
  double alike = 0.62;      ///< similarity_of() from which two shots show the same place
  int most_shots_apart = 6; ///< and then only this near each other,
  double most_seconds = 24; ///< the end of one no longer than this before the start of the other
};

/// Overlapping links (A. Hanjalic, R. Lagendijk, J. Biemond, "Automated high-level movie segmentation for advanced
/// video-retrieval systems", IEEE Trans. CSVT 9(4), 1999): two like shots near each other belong to one scene together
/// with all that is between them, so a dialogue of shot and reverse shot is one. The limit on time is that of M. Yeung,
/// B.-L. Yeo and B. Liu, "Segmentation of video by clustering and graph analysis", CVIU 71(1), 1998. A fade ends a
/// scene.
///
/// Holds at most about 2 * most_shots_apart shots; older ones of a scene are joined.
class scene_grouper {
public:
  explicit scene_grouper(grouping_options options = {}) : options_(options) {}

  /// The next shot, complete. Scenes that can grow no more are added to `closed`.
  void push(shot_summary shot, std::vector<shot_summary>& closed);

  /// More of the shot pushed last, which is still running: a long one is handed over in parts.
  void extend(shot_summary part);

  /// The shot after the last one pushed is still running at `now`: closes what it could no longer join.
  void wait_until(const frame_position& now, std::vector<shot_summary>& closed);

  void finish(std::vector<shot_summary>& closed);

  /// Shots held, in order of time; the first ones may be several shots joined.
  const std::deque<shot_summary>& held() const { return shots_; }

private:
  bool linked(std::size_t earlier, std::size_t later) const;
  void link_from(std::size_t later);
  void close_first(std::vector<shot_summary>& closed);
  void close_complete(media_time now, std::vector<shot_summary>& closed);

  grouping_options options_;
  std::deque<shot_summary> shots_;
  std::size_t reach_ = 0;    // [0, reach_] are known to be one scene
  bool fade_passed_ = false; // in the blank stretch after the last shot
};

} // namespace timeloom
