/// Lines of text that stay on screen over several pictures.
///
/// A line is looked for where it was: as long as the same strokes are there it is not read again, whatever moves
/// behind it. Where something else looks like text it is read, most likely lines first and the unlikely ones only once
/// they have stayed; of several readings of a line the vote counts. A line may be missed in one picture, move, or grow.
/// One that fades begins and ends where its strokes do, also where they are too faint to be found.
///
/// Where the strokes of a letter have changed, the line is in doubt and read again: words that surely differ are
/// another line from this picture on, and one that was not read surely may be read better now. Each doubt without
/// reason makes the next wait a second longer. A counter that runs, so that three readings in a row have lasted under 3
/// s each, is read every 5 s, and told so.
#pragma once

#include "analyzers/earlier_pictures.hpp"
#include "analyzers/region_reader.hpp"
#include "analyzers/seen_line.hpp"
#include "timeline/event.hpp"

#include <cstdint>
#include <utility>
#include <vector>

namespace timeloom {

/// A plain class, one owner. It keeps the lines that are on screen and a few pictures.
class text_lines {
public:
  /// Lines of which the readings are less sure than `least_confidence`, [0, 1], are not told.
  text_lines(line_reader reader, double least_confidence)
      : reader_(std::move(reader)), least_confidence_(least_confidence) {}

  /// The next picture in presentation order, of any size. An error of the reader ends it; what was seen before stays.
  expected<void> see(frame_position at, const text_picture& picture);

  /// No picture follows.
  void finish();

  /// One event of kind "text" for each line that has gone, in the order in which they went. A line is gone when two
  /// pictures were without it, or it says something else.
  std::vector<event> take_events() { return std::exchange(events_, {}); }

  /// How many line pictures were read, for measurements.
  std::int64_t readings() const { return reader_.readings(); }

private:
  expected<void> follow(frame_position at, const text_picture& picture);
  expected<void> look_for_new(frame_position at, const text_picture& picture);
  bool is_known(frame_position at, const text_region& region);
  bool has_moved_to(frame_position at, const text_picture& picture, const text_region& region);
  const seen_line* doubted_at(const text_region& region) const;
  expected<line_reading> read_there(const text_picture& picture, text_region& region, letter_choice& choice);
  void fade(seen_line& one, const plane_view& now);
  void replace_doubted(frame_position at, seen_line& fresh);
  void join(frame_position at, seen_line& fresh, const seen_line& one, bool repeats);
  void take_in(frame_position at, seen_line fresh);
  void drop_parts(frame_position at);
  box in_parts(const pixel_box& area) const;
  void close(const seen_line& gone);

  region_reader reader_;
  double least_confidence_;
  int width_ = 0; // of the picture before
  int height_ = 0;
  earlier_pictures earlier_;
  std::vector<seen_line> open_;
  std::vector<text_region> unread_; // the unlikely ones of the picture before
  std::vector<event> events_;
};

} // namespace timeloom
