/// What is told of the people of one video who were seen by a detector that is often wrong.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "analyzers/object_tracker.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace timeloom {

/// What somebody looks like: a tiny picture, (24, 12) uint8 luma.
struct person_appearance {
  static constexpr int width = 12;
  static constexpr int height = 24;
  std::array<std::uint8_t, static_cast<std::size_t>(width* height)> luma{};

  /// Correlation of the samples: 1 for the same, about 0 for things that have nothing in common.
  double similarity(const person_appearance& other) const;
};

/// A person in one picture.
struct person_sighting {
  box area;
  double score = 0;   ///< [0, 1]
  bool moved = false; ///< something has moved there since the last picture, other than with the camera
  person_appearance appearance;
};

/// Joins sightings into tracks, and tells each as object_events.hpp does, with the label "person". Detectors see single
/// parts as whole people at times, so tracks at one place are one person, unless both were seen side by side. Those
/// who hardly move once they were seen do not count: they are bottles, posts and trees. A plain class, one owner.
class people_events {
public:
  explicit people_events(const object_detection_options& options);

  /// What was seen in the next picture, in presentation order.
  void see(frame_position at, std::span<const person_sighting> people);

  struct followed_person {
    std::int64_t number = 0; ///< of the track
    box expected;
    person_sighting last;
    bool in_sight = false;    ///< seen in the last picture, not only before
    double typical_score = 0; ///< a mean in which later sightings count more
  };
  /// Those who are followed, in the order in which their tracks began.
  std::vector<followed_person> followed(media_time at) const;

  /// Somebody is known to have gone.
  void leave(std::int64_t number) { tracker_.end(number); }

  /// Every track ends: no picture follows, or the next one shows something else.
  void finish();

  std::vector<event> take_events();

private:
  struct story {
    object_track told; // without its id
    person_sighting last;
    double typical_score = 0;
    double sum_of_scores = 0;
    std::int64_t moves = 0;                      // sightings after the first
    std::map<std::int64_t, std::int64_t> beside; // other stories, and in how many pictures both were seen
  };

  bool counts(const story& of) const;
  void add(std::int64_t number, frame_position at, const person_sighting& seen);
  std::int64_t story_before(frame_position at, const person_sighting& seen) const;
  std::int64_t story_over(frame_position at, const story& lost) const;
  void join_parts(frame_position at);
  static void join(story& into, const story& other);

  double min_score_;
  object_tracker tracker_;
  std::map<std::int64_t, std::int64_t> story_of_; // open tracks
  std::map<std::int64_t, story> stories_;         // by the number of their first track
  std::int64_t next_id_ = 1;
  frame_position seen_until_;
};

} // namespace timeloom
