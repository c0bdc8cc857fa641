/// Lines of text that stay on screen over several pictures.
#pragma once

#include "core/geometry.hpp"
#include "core/media_time.hpp"
#include "timeline/event.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// A line as it was read in one picture.
struct text_reading {
  std::string text; ///< UTF-8 without line ends
  box area;
  double confidence = 0; ///< [0, 1]
};

/// Joins readings of the same line. A plain class, one owner.
class text_lines {
public:
  /// What was read in the next picture, in presentation order.
  void see(frame_position at, std::vector<text_reading> readings);

  /// No picture follows.
  void finish();

  /// One event of kind "text" for each line that has gone, in the order in which they went.
  std::vector<event> take_events() { return std::exchange(events_, {}); }

private:
  struct line {
    frame_position first;
    frame_position last;
    text_reading best;
    int seen = 1; ///< pictures
  };

  void close(const line& gone);

  std::vector<line> open_;
  std::vector<event> events_;
};

/// How alike two texts are, 0 to 1: 1 minus the edit distance over the longer length, in bytes.
double text_similarity(const std::string& a, const std::string& b);

} // namespace timeloom
