/// Which pixels of a line of text are ink: for line_picture(). Letters are lighter than what they stand on here, and
/// `line_letter_px` high. Plain functions; any thread may call them.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace timeloom {

/// What the strokes near each column of a line are like, in levels of grey: weighted by the square of how far they
/// stand out.
struct stroke_levels {
  std::vector<double> level;
  std::vector<double> contrast; ///< how far they stand out
  std::vector<double> ground;   ///< grey that is none of a letter: the median, or what they stand out from
};

/// Of a line's `gray` and its top-hat, (height, width) uint8.
stroke_levels levels_of(const cv::Mat& gray, const cv::Mat& tophat);

/// 255 for all that a letter has, 0 up to the share of it that background may have.
std::uint8_t ink_of(double share);

/// (height, width) uint8: how much of a letter each pixel is.
cv::Mat ink_of(const cv::Mat& gray, const cv::Mat& tophat, const stroke_levels& strokes);

} // namespace timeloom
