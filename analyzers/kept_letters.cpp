#include "analyzers/kept_letters.hpp"

#include "analyzers/line_picture.hpp"
#include "analyzers/matrix.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr int shift_px = 3;
constexpr int window_px = 2 * line_letter_px / 3; // a letter
constexpr int step_px = window_px / 4;
constexpr int margin_px = 2 * line_letter_px / 5; // above and below the letters
constexpr double inked = 128;
constexpr double least_ink = 1.5 * line_letter_px; // px, of a window with a letter

cv::Mat ink_of(const plane_view& line) {
  cv::Mat ink;
  cv::bitwise_not(as_matrix(line), ink);
  return ink;
}

/// Of the strokes of `from` those that are in `in`, where the least of them are.
double least_kept(const cv::Mat& from, const cv::Mat& in) {
  cv::Mat strokes, around, kept, columns, kept_columns;
  cv::threshold(from, strokes, inked, 255, cv::THRESH_TOZERO);
  cv::dilate(in, around, cv::getStructuringElement(cv::MORPH_RECT, {3, 3})); // letters are never drawn the same twice
  cv::min(strokes, around, kept);
  cv::reduce(strokes, columns, 0, cv::REDUCE_SUM, CV_32F);
  cv::reduce(kept, kept_columns, 0, cv::REDUCE_SUM, CV_32F);
  double least = 1;
  for (int left = 0; left + window_px <= from.cols; left += step_px) {
    const cv::Range window{left, left + window_px};
    const double all = cv::sum(columns.colRange(window))[0];
    if (all >= 255 * least_ink)
      least = std::min(least, cv::sum(kept_columns.colRange(window))[0] / all);
  }
  return least;
}

} // namespace

double kept_letters(const plane_view& before, const plane_view& now) {
  const cv::Rect inner{shift_px, margin_px, before.width - 2 * shift_px, before.height - 2 * margin_px};
  if (inner.width < window_px || inner.height < step_px)
    return 1;
  const cv::Mat old_ink = ink_of(before)(inner);
  cv::Mat ink = ink_of(now);
  if (ink.size() != cv::Size{before.width, before.height})
    cv::resize(ink, ink, {before.width, before.height}, 0, 0, cv::INTER_LINEAR);
  ink = ink(cv::Rect{0, margin_px - shift_px, before.width, inner.height + 2 * shift_px});
  cv::Mat correlation;
  cv::matchTemplate(ink, old_ink, correlation, cv::TM_CCORR_NORMED);
  cv::Point best;
  cv::minMaxLoc(correlation, nullptr, nullptr, nullptr, &best);
  ink = ink(cv::Rect{best, inner.size()});
  return std::min(least_kept(old_ink, ink), least_kept(ink, old_ink));
}

} // namespace timeloom
