#include "analyzers/camera_warp.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

constexpr double aligned_px = 0.15; // displacements below need no warp

} // namespace

affine matrix_of(const similarity& by, cv::Size size) {
  const double a = by.zoom * std::cos(by.turn), b = by.zoom * std::sin(by.turn);
  const double x = (size.width - 1) / 2.0, y = (size.height - 1) / 2.0;
  return {a, -b, x - a * x + b * y + by.right * size.width, b, a, y - b * x - a * y + by.down * size.width};
}

double displacement(const affine& by, cv::Size size) {
  double farthest = 0;
  for (const double x : {0.0, size.width - 1.0})
    for (const double y : {0.0, size.height - 1.0})
      farthest = std::max(
          farthest, std::hypot(by(0, 0) * x + by(0, 1) * y + by(0, 2) - x, by(1, 0) * x + by(1, 1) * y + by(1, 2) - y));
  return farthest;
}

cv::Mat moved(const cv::Mat& picture, const affine& by, way which, int interpolation) {
  if (displacement(by, picture.size()) < aligned_px)
    return picture;
  const int edges = interpolation == cv::INTER_NEAREST ? cv::BORDER_CONSTANT : cv::BORDER_REPLICATE;
  cv::Mat out;
  cv::warpAffine(picture, out, by, picture.size(), interpolation | (which == way::back ? cv::WARP_INVERSE_MAP : 0),
                 edges, 0);
  return out;
}

cv::Mat beyond(const cv::Mat& picture, const cv::Mat& shows) {
  cv::Mat low, high, under, over;
  const cv::Mat around = cv::Mat::ones(3, 3, CV_8U);
  cv::erode(shows, low, around);
  cv::dilate(shows, high, around);
  cv::subtract(low, picture, under); // saturate at 0
  cv::subtract(picture, high, over);
  return cv::max(under, over);
}

} // namespace timeloom
