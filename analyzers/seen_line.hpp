/// A line of text that is on screen, and what is told of it when it has gone.
#pragma once

#include "analyzers/line_picture.hpp"
#include "analyzers/text_reader.hpp"
#include "analyzers/track_path.hpp"
#include "core/geometry.hpp"
#include "timeline/event.hpp"

#include <optional>
#include <vector>

namespace timeloom {

/// Likelihood of a region that is worth reading at once.
inline constexpr double likely_text = 40;

struct seen_line {
  text_region region;
  letter_choice choice = letter_choice::all; ///< with which it was read best
  box area;                                  ///< in parts of the picture, where it was found and read
  plane picture;                             ///< as it looked first, or when it was read last
  frame_position first;
  frame_position last;
  int pictures = 1;
  int missed = 0;
  int wider = 0;            ///< how often something larger at its place was read, and was not it
  bool doubted = false;     ///< in this picture: it may say something else
  int needless = 0;         ///< doubts without reason
  media_time trusted_to{0}; ///< no doubts before
  int replaced = 0;         ///< lines in a row before it that were soon replaced in its place
  bool runs = false;        ///< its letters changed and were not read
  track_path path;          ///< where it was first, and each time that it was somewhere else
  std::vector<line_reading> readings;
};

/// The event of kind "text" for a line that has gone; nothing when it was not read surely enough to be told, less
/// surely than `least_confidence`, [0, 1], or is hardly text. What was seen in one picture only, and what is short,
/// has to be surer.
std::optional<event> told_line(const seen_line& gone, double least_confidence);

} // namespace timeloom
