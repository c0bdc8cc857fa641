/// Joins what a detector sees at 1 to 10 pictures a second into tracks.
///
/// Boxes are matched to where their tracks are expected, in two passes by score: first those that are sure enough to
/// begin a track, then, for the tracks left over, the weaker ones, which are mostly the same things half hidden (Zhang
/// et al., "ByteTrack: Multi-Object Tracking by Associating Every Detection Box", ECCV 2022). Otherwise than there, a
/// track is expected to go on at its speed in real time instead of by a Kalman filter in frames, each pass takes the
/// most similar pair first instead of the best sum, and in the first pass boxes that have moved past their expected
/// place without overlap may match too, because pictures are far apart. Appearance is not compared: whoever feeds it
/// ends the tracks where another shot begins (`finish`).
#pragma once

#include "analyzers/batch_analyzer.hpp"
#include "analyzers/track_path.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace timeloom {

/// Of the score that begins a track: enough to continue it. Detectors should tell of boxes from there on.
inline constexpr double continuing_share = 0.4;

struct tracker_options {
  double begin_score = 0.25;   ///< a box needs it to begin a track
  double continue_score = 0.1; ///< a box needs it to continue one; at most `begin_score`
  double sure_score = 0.7;     ///< a track with such a sighting counts even if it is the only one
  int least_sightings = 2;     ///< a track without such a sighting counts with these, above 0
  double max_gap_s = 2;        ///< a track ends when its thing was not seen for longer
};

/// The options for pictures at `rate_hz`, of which one may be missed, where things of `min_score` are told.
tracker_options tracker_options_for(double rate_hz, double min_score);

/// One thing over time.
struct object_track {
  std::int64_t id = 0;     ///< from 1, in the order in which tracks began to count; never used again
  std::int64_t number = 0; ///< from 1, in the order in which tracks began, of those that never count too
  int label = 0;
  frame_position first;
  frame_position last;
  seen_object best; ///< of the highest score, the earliest of such
  std::int64_t sightings = 0;
  track_path path;
};

/// Where the thing of a track that has not ended is expected.
struct expected_place {
  std::int64_t number = 0; ///< of the track
  int label = 0;
  box area; ///< inside the picture, or without area when it should have left
};

/// A plain class, one owner. Memory is bounded by the tracks that are open, and those that were not taken.
class object_tracker {
public:
  explicit object_tracker(tracker_options options = {}) : options_(options) {}

  /// What was seen in the next picture in presentation order; pictures may be unevenly apart. Objects whose numbers are
  /// not finite, whose box has no area or leaves the picture, or whose score is outside [0, 1] are ignored. Gives for
  /// each object the number of its track, 0 for those without one.
  std::vector<std::int64_t> see(frame_position at, std::span<const seen_object> objects);

  /// Where the things seen lately are expected at a time after the last picture, in the order in which tracks began.
  std::vector<expected_place> places(media_time at) const;

  /// The track with this number, if it has not ended, ends: its thing is known to have gone.
  void end(std::int64_t number);

  /// Every track ends: no picture follows, or the next one shows something else.
  void finish();

  /// The tracks that have ended and had enough sightings or a sure one, in the order in which they ended.
  std::vector<object_track> take_ended() { return std::exchange(ended_, {}); }

private:
  struct open_track {
    object_track story;             // without its id
    std::optional<std::int64_t> id; // once it counts
    box area;                       // where it was seen last
    double right_per_s = 0;
    double down_per_s = 0;
  };

  struct candidate {
    const seen_object* seen;
    std::int64_t* number; // of the track that took it, 0 before
  };

  static box expected_area(const open_track& track, media_time at);
  void match(frame_position at, std::vector<candidate>& boxes, bool by_distance);
  std::int64_t begin(frame_position at, const seen_object& seen);
  void go_on(open_track& track, frame_position at, const seen_object& seen);
  void count(open_track& track, frame_position at, const seen_object& seen);
  void close(open_track& track);

  tracker_options options_;
  std::vector<open_track> open_;
  std::vector<object_track> ended_;
  std::int64_t next_number_ = 1;
  std::int64_t next_id_ = 1;
};

} // namespace timeloom
