/// What is told of the faces of one video.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/eye_story.hpp"
#include "analyzers/face_votes.hpp"
#include "analyzers/object_tracker.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <vector>

namespace timeloom {

/// A face in one picture, with its eyes.
struct face_sighting {
  seen_face face;
  std::optional<seen_eyes> eyes; ///< of frontal faces that are large enough
};

/// Joins sightings into tracks. When one has ended, there is one event of kind "face" for it (track_event.hpp;
/// attributes `sightings`, `path`, `views`, and where they could be seen `eyes_open` and `blinks`), and, with its track
/// number, one of kind "blink" or "eyes_closed" for each time that the eyes were closed, and one of kind "gaze" for
/// each time that they looked in one direction. A plain class, one owner.
class face_events {
public:
  explicit face_events(const eye_tracking_options& options);

  /// What was seen in the next picture, in presentation order.
  void see(frame_position at, std::span<const face_sighting> faces);

  /// The faces that are followed, where they are expected, with what was seen of them last.
  struct followed_face {
    box area;
    face_sighting last;
    bool in_sight = false; ///< seen in the last picture, not only before
  };
  std::vector<followed_face> followed(media_time at) const;

  /// Every track ends: no picture follows, or the next one shows something else.
  void finish();

  std::vector<event> take_events();

private:
  struct story {
    face_sighting last;
    frame_position last_at;
    eye_story eyes;
    std::array<std::int64_t, 3> views{}; // sightings by face_view
  };

  void tell(const object_track& track, std::vector<event>& events);

  object_tracker tracker_;
  std::map<std::int64_t, story> stories_; // of tracks that have not been told, by number
  frame_position seen_until_;
};

} // namespace timeloom
