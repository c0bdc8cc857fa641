/// Parts of a picture at sizes of their own, for detectors. For the sources that use OpenCV.
#pragma once

#include "core/geometry.hpp"

#include <opencv2/core.hpp>

namespace timeloom {

/// `area`, which is in fractions of `of`, in pixels, with margins cut off that lie outside.
cv::Rect pixels(const box& area, const cv::Size& of);

/// A square of `side` around the middle of `of`.
cv::Rect2d square_around(const cv::Rect2d& of, double side);

/// A part of a picture, scaled. The picture must outlive it.
struct luma_view {
  cv::Mat luma;     ///< CV_8UC1
  cv::Rect part;    ///< of the picture, in its pixels
  double scale = 1; ///< from the picture to `luma`
  cv::Size picture; ///< its size

  /// Where `in_luma` is, in fractions of the picture; what is outside of it is cut off.
  box place(const cv::Rect2d& in_luma) const;
};

/// `part` must have an area and lie inside the picture.
luma_view view_part(const cv::Mat& picture, const cv::Rect& part, double scale);

} // namespace timeloom
