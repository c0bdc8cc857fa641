#include "analyzers/global_motion.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <utility>

namespace timeloom {

namespace {

constexpr int levels = 3;            // of the pyramid, above its base
const cv::Size window{13, 13};       // followed around each corner
constexpr float roundtrip_px = 0.7F; // that a point may be off after going there and back
constexpr double tolerance_px = 0.6; // between a point and the fitted motion
const cv::TermCriteria enough{cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 12, 0.02};

// A view, not a copy: OpenCV has no read-only matrix.
cv::Mat matrix_of(const plane_view& plane) {
  return {plane.height, plane.width, CV_8UC1, const_cast<std::uint8_t*>(plane.data),
          static_cast<std::size_t>(plane.stride)};
}

} // namespace

struct motion_estimator::state {
  motion_options options;
  cv::Size of;                      // the pictures pushed; before reduction
  std::vector<cv::Mat> before, now; // pyramids
  cv::Mat reduced, corners;
  std::vector<cv::Point2f> points, ahead, back;
  std::vector<std::uint8_t> found, found_back;
  std::vector<float> unused;

  void find_points(const cv::Mat& picture);
};

motion_estimator::motion_estimator(motion_options options) : state_(std::make_unique<state>()) {
  state_->options = options;
}

motion_estimator::~motion_estimator() = default;
motion_estimator::motion_estimator(motion_estimator&&) noexcept = default;
motion_estimator& motion_estimator::operator=(motion_estimator&&) noexcept = default;

// The best corner of each cell, so that a textured face does not outvote the wall behind it.
void motion_estimator::state::find_points(const cv::Mat& picture) {
  points.clear();
  cv::cornerMinEigenVal(picture, corners, 5, 3);
  const int side = std::max(8, std::max(picture.cols, picture.rows) / options.cells);
  const int margin = 3;
  for (int top = margin; top + side / 2 < picture.rows - margin; top += side) {
    for (int left = margin; left + side / 2 < picture.cols - margin; left += side) {
      const int bottom = std::min(top + side, picture.rows - margin);
      const int right = std::min(left + side, picture.cols - margin);
      float best = static_cast<float>(options.least_corner);
      cv::Point place{-1, -1};
      for (int y = top; y < bottom; ++y) {
        const auto* row = corners.ptr<float>(y);
        for (int x = left; x < right; ++x) {
          if (row[x] > best) {
            best = row[x];
            place = {x, y};
          }
        }
      }
      if (place.x >= 0)
        points.emplace_back(static_cast<float>(place.x), static_cast<float>(place.y));
    }
  }
}

std::optional<picture_motion> motion_estimator::push(const plane_view& luma) {
  auto& s = *state_;
  cv::Mat picture = matrix_of(luma);
  const bool resized = s.of != picture.size();
  s.of = picture.size();
  while (std::max(picture.cols, picture.rows) > s.options.work_long_side) {
    cv::Mat half;
    cv::resize(picture, half, {(picture.cols + 1) / 2, (picture.rows + 1) / 2}, 0, 0, cv::INTER_AREA);
    picture = half;
  }
  std::swap(s.before, s.now);
  cv::buildOpticalFlowPyramid(picture, s.now, window, levels, true, cv::BORDER_REFLECT_101, cv::BORDER_CONSTANT, false);
  if (resized || s.before.empty())
    return std::nullopt;

  s.find_points(s.before[0]);
  if (static_cast<int>(s.points.size()) < s.options.least_points)
    return std::nullopt;
  cv::calcOpticalFlowPyrLK(s.before, s.now, s.points, s.ahead, s.found, s.unused, window, levels, enough);
  cv::calcOpticalFlowPyrLK(s.now, s.before, s.ahead, s.back, s.found_back, s.unused, window, levels, enough);
  const float middle_x = static_cast<float>(picture.cols - 1) / 2;
  const float middle_y = static_cast<float>(picture.rows - 1) / 2;
  std::vector<point_pair> pairs;
  pairs.reserve(s.points.size());
  for (std::size_t i = 0; i < s.points.size(); ++i) {
    const auto off = s.back[i] - s.points[i];
    if (s.found[i] == 0 || s.found_back[i] == 0 || off.dot(off) > roundtrip_px * roundtrip_px)
      continue;
    point_pair pair{s.points[i].x - middle_x, s.points[i].y - middle_y, s.ahead[i].x - middle_x,
                    s.ahead[i].y - middle_y, 1};
    // Who is filmed stands in the middle; what is at the sides and above is mostly background.
    const float from_middle = std::max(std::abs(pair.x) / middle_x, std::abs(pair.y) / middle_y);
    pair.weight = 0.6F + 0.4F * from_middle;
    pairs.push_back(pair);
  }
  if (static_cast<int>(pairs.size()) < s.options.least_points)
    return std::nullopt;
  const auto fit = fit_similarity(pairs, tolerance_px);
  const double followed = static_cast<double>(pairs.size()) / static_cast<double>(s.points.size());
  if (!fit || fit->support * std::min(1.0, 2 * followed) < s.options.least_support)
    return std::nullopt;
  picture_motion found;
  found.motion = {fit->x / picture.cols, fit->y / picture.cols, std::hypot(fit->a, fit->b), std::atan2(fit->b, fit->a)};
  found.support = fit->support;
  found.points = static_cast<int>(pairs.size());
  return found;
}

} // namespace timeloom
