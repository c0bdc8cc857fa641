#include "analyzers/iris.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace timeloom {

namespace {

constexpr int least_side_px = 16;
constexpr int side_px = 48;           // at which it is measured
constexpr int iris_px = 13;           // its diameter there, about
constexpr double least_contrast = 18; // of the iris against the eye's mean
constexpr double edge_share = 0.04;   // of the lids' edges that lie beyond each corner

} // namespace

std::optional<double> iris_place(const cv::Mat& eye) {
  if (std::min(eye.cols, eye.rows) < least_side_px)
    return std::nullopt;
  cv::Mat patch;
  cv::resize(eye, patch, {side_px, side_px}, 0, 0, cv::INTER_LINEAR);
  cv::Mat discs;
  cv::boxFilter(patch, discs, CV_32F, {iris_px, iris_px});
  const cv::Rect middle{side_px / 8, side_px / 4, side_px * 3 / 4, side_px / 2}; // brows are above it
  double darkest = 0;
  cv::Point at;
  cv::minMaxLoc(discs(middle), &darkest, nullptr, &at, nullptr);
  at += middle.tl();
  if (cv::mean(patch)[0] - darkest < least_contrast)
    return std::nullopt;

  // The lids are edges that run across the eye, and end in its corners.
  cv::Mat edges;
  cv::Sobel(patch, edges, CV_32F, 0, 1);
  const cv::Rect band = cv::Rect{0, at.y - iris_px, side_px, 2 * iris_px} & cv::Rect{0, 0, side_px, side_px};
  cv::Mat strength = cv::abs(edges(band));
  cv::Mat columns;
  cv::reduce(strength, columns, 0, cv::REDUCE_SUM, CV_32F);
  double least = 0;
  cv::minMaxLoc(columns, &least);
  columns -= least;
  const double total = cv::sum(columns)[0];
  if (!(total > 0))
    return std::nullopt;
  double sum = 0;
  int left = -1;
  int right = side_px;
  for (int x = 0; x < side_px; ++x) {
    sum += columns.at<float>(0, x);
    if (left < 0 && sum > edge_share * total)
      left = x;
    if (sum < (1 - edge_share) * total)
      right = x;
  }
  if (right - left < iris_px)
    return std::nullopt;
  return std::clamp((2.0 * at.x - left - right) / (right - left), -1.0, 1.0);
}

} // namespace timeloom
