/// What moves in front of the background, whatever the camera does.
///
/// A running mean of the background is carried along with the camera's motion (global_motion.hpp). A sample that lies
/// outside of what the background shows within a pixel around it is foreground, so that edges that are aligned to a
/// fraction of a pixel, shake and slight parallax are not. A connected part of the foreground moves when some of it
/// has changed since the picture before, too; one that does not has stopped, or was uncovered, and becomes background
/// after a while. What was there before is kept, for what stopped may go on. Light that changes as a whole is taken
/// out; a flash is passed over, and a cut begins anew.
///
/// The idea of a background that is warped along: E. Hayman and J.-O. Eklundh, "Statistical Background Subtraction for
/// a Mobile Observer", ICCV 2003. One owner, one thread.
#pragma once

#include "core/geometry.hpp"
#include "core/picture.hpp"

#include <memory>
#include <vector>

namespace timeloom {

struct moving_region {
  box area;
  double share = 0; ///< of the picture that its samples cover, at most the box's
  double score = 0; ///< how clearly it stands out, 0 to 1
};

struct foreground_picture {
  /// Not so in the first picture of a shot, in a flash or a fade, and where too much changes, or the camera moves in
  /// too unclear a way, to tell.
  bool judged = false;
  bool cut = false;                   ///< what was seen before is of another shot
  double share = 0;                   ///< of the picture that moving samples cover
  std::vector<moving_region> regions; ///< the largest first
};

struct foreground_options {
  double memory_s = 8;         ///< in which the background follows
  double settle_s = 4;         ///< in which foreground that stands still becomes background
  double least_contrast = 14;  ///< luma beyond what the background shows
  double least_share = 0.0012; ///< of the picture that a region covers
  double longest_gap_s = 3;    ///< between pictures of one background
};

class foreground_finder {
public:
  explicit foreground_finder(foreground_options options = {});
  ~foreground_finder();
  foreground_finder(foreground_finder&&) noexcept;
  foreground_finder& operator=(foreground_finder&&) noexcept;

  /// Takes the next picture in presentation order; a few hundred samples along its longer side are best.
  foreground_picture see(media_time at, const plane_view& luma);

  /// (height, width): 255 where the picture seen last is moving foreground, else 0. Valid until the next call.
  plane_view mask() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace timeloom
