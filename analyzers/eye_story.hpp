/// What the eyes of one face do over time: blinks, closed eyes and where they look.
#pragma once

#include "analyzers/eye_finder.hpp"
#include "core/media_time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace timeloom {

/// In the picture, not as the person would say.
enum class gaze : std::uint8_t { left, centre, right };

std::string_view to_string(gaze direction);

/// Where both eyes look, when both can be measured and agree, and it is clearly one of the three.
std::optional<gaze> gaze_of(const seen_eyes& eyes);

struct eye_span {
  frame_position first;
  frame_position last;
};

struct gaze_span : eye_span {
  gaze direction = gaze::centre;
  std::int64_t sightings = 0;
};

/// A plain class, one owner. Memory grows with the spans.
class eye_story {
public:
  /// What was seen in the next picture that showed the face, in presentation order; nothing when the eyes could not be
  /// looked at, as in a profile.
  void see(frame_position at, const std::optional<seen_eyes>& eyes);

  /// No picture of the face follows.
  void finish();

  /// When the eyes were closed between two times when they were open. Empty unless they can be trusted: where open
  /// eyes are often missed, not seeing them says nothing.
  std::vector<eye_span> closings() const;

  /// Looks in one direction that lasted two sightings or more.
  const std::vector<gaze_span>& gazes() const { return gazes_; }

  /// Sightings in which the eyes were clearly open or closed.
  std::int64_t known() const { return open_ + closed_; }
  std::int64_t open() const { return open_; }

  /// Whether closings can be trusted.
  bool is_reliable() const;

  /// How reliably eyes that must have been open were seen to be. [0, 1]
  double reliability() const;

private:
  enum class state : std::uint8_t { unknown, open, closed };

  state state_of(const seen_eyes& eyes);
  void end_gaze();

  std::int64_t open_ = 0;
  std::int64_t closed_ = 0;
  std::int64_t missed_ = 0;     // sightings of eyes that were neither
  double typical_darkness_ = 0; // of open eyes

  bool was_open_ = false;           // before `closing_`, or now
  std::optional<eye_span> closing_; // that has not ended
  int unclear_ = 0;                 // sightings since the last clear one
  std::vector<eye_span> closings_;

  std::optional<gaze_span> gaze_;
  int gaze_unclear_ = 0; // sightings since the last one that told it
  std::vector<gaze_span> gazes_;
};

} // namespace timeloom
