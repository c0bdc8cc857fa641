/// The events as a table (RFC 4180) for spreadsheets and data frames.
#pragma once

#include "timeline/timeline.hpp"

#include <string>

namespace timeloom {

/// A header row, then a row an event: analyzer, kind, start_frame, end_frame, start_s, end_s, label, score, x, y,
/// width, height, text, track, attributes (as JSON). An absent value is an empty cell; a moment has no end_frame and
/// end_s.
///
/// A spreadsheet takes a cell that begins with '=', '+', '-', '@', a tab or a line break for a formula, and text read
/// from a video can begin with anything: such a label or text gets an apostrophe before it. Nothing else is changed.
std::string export_csv(const timeline& found);

} // namespace timeloom
