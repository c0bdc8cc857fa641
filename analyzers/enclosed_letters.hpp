/// Letters apart from what shows between their outlines. A plain function; any thread may call it.
#pragma once

#include "analyzers/line_ink.hpp"

namespace timeloom {

/// Takes out of `ink` (see line_ink.hpp) what is no part of the letters between the rows `top` and `bottom`: parts
/// outside of these, parts that go on above or below the line or lie inside a letter, and parts that are duller than
/// the letters beside them. Where letters hang together with such a part, what is of their grey stays.
void keep_enclosed_letters(cv::Mat& ink, const cv::Mat& gray, const cv::Mat& tophat, const stroke_levels& strokes,
                           double top, double bottom);

} // namespace timeloom
