#include "analyzers/global_motion.hpp"

#include "analyzers/matrix.hpp"
#include "analyzers/similarity_fit.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <opencv2/video/tracking.hpp>
#include <utility>

namespace timeloom {

namespace {

constexpr int block = 4; // px, in which gradients are summed
constexpr int bar_luma = 24;
constexpr int levels = 3;            // of the pyramid, above its base
const cv::Size window{11, 11};       // followed around each corner
constexpr float roundtrip_px = 0.7F; // that a point may be off after going there and back
constexpr double tolerance_px = 0.6; // between a point and the fitted motion
const cv::TermCriteria enough{cv::TermCriteria::COUNT + cv::TermCriteria::EPS, 10, 0.02};

} // namespace

struct motion_estimator::state {
  motion_options options;
  cv::Size of;                      // the pictures pushed; before reduction
  std::vector<cv::Mat> before, now; // pyramids
  struct tensor {
    int xx = 0, yy = 0, xy = 0;
  };
  std::vector<tensor> tensors; // of blocks, row by row
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

// The best corner of each cell, so that a textured face does not outvote the wall behind it. Corners are looked for on
// a lattice: the structure tensor of each block is summed once, and windows are two blocks by two.
void motion_estimator::state::find_points(const cv::Mat& picture) {
  const int columns = (picture.cols - 2) / block;
  const int rows = (picture.rows - 2) / block;
  tensors.assign(static_cast<std::size_t>(std::max(0, columns) * std::max(0, rows)), {});
  for (int y = 0; y < rows * block; ++y) {
    const auto* above = picture.ptr<std::uint8_t>(y);
    const auto* row = picture.ptr<std::uint8_t>(y + 1);
    const auto* below = picture.ptr<std::uint8_t>(y + 2);
    auto* sums = &tensors[static_cast<std::size_t>(y / block * columns)];
    for (int column = 0; column < columns; ++column) {
      const int left = column * block;
      int xx = 0, yy = 0, xy = 0;
      for (int x = left; x < left + block; ++x) {
        const int dx = row[x + 2] - row[x];
        const int dy = below[x + 1] - above[x + 1];
        xx += dx * dx;
        yy += dy * dy;
        xy += dx * dy;
      }
      sums[column].xx += xx;
      sums[column].yy += yy;
      sums[column].xy += xy;
    }
  }
  // The edges of letterbox bars stand still whatever the camera does.
  const auto black_row = [&](int y) {
    const auto* row = picture.ptr<std::uint8_t>(y);
    return std::all_of(row, row + picture.cols, [](std::uint8_t luma) { return luma < bar_luma; });
  };
  int bar_above = 0;
  while (bar_above < picture.rows && black_row(bar_above))
    ++bar_above;
  int bar_below = 0;
  while (bar_above + bar_below < picture.rows && black_row(picture.rows - 1 - bar_below))
    ++bar_below;
  const int from_bar = window.height / 2 + 2;
  const int first_row = bar_above > 1 ? (bar_above + from_bar) / block : 0;
  const int last_row = bar_below > 1 ? (picture.rows - bar_below - from_bar) / block - 2 : rows;

  points.clear();
  const int side = std::max(2, std::max(columns, rows) / options.cells);
  const float least = static_cast<float>(options.least_corner) * 4 * block * block;
  for (int top = 0; top + side <= rows; top += side) {
    for (int left = 0; left + side <= columns; left += side) {
      float best = least;
      cv::Point2f place{-1, -1};
      for (int y = std::max(top, first_row); y < std::min({top + side, rows - 1, last_row}); ++y) {
        for (int x = left; x < std::min(left + side, columns - 1); ++x) {
          const auto* here = &tensors[static_cast<std::size_t>(y * columns + x)];
          const auto xx = static_cast<float>(here[0].xx + here[1].xx + here[columns].xx + here[columns + 1].xx);
          const auto yy = static_cast<float>(here[0].yy + here[1].yy + here[columns].yy + here[columns + 1].yy);
          const auto xy = static_cast<float>(here[0].xy + here[1].xy + here[columns].xy + here[columns + 1].xy);
          const float smaller = (xx + yy - std::sqrt((xx - yy) * (xx - yy) + 4 * xy * xy)) / 2;
          if (smaller > best) {
            best = smaller;
            place = {static_cast<float>((x + 1) * block) + 0.5F, static_cast<float>((y + 1) * block) + 0.5F};
          }
        }
      }
      if (place.x >= 0)
        points.push_back(place);
    }
  }
}

std::optional<picture_motion> motion_estimator::push(const plane_view& luma, double sample_aspect) {
  auto& s = *state_;
  cv::Mat picture = as_matrix(luma);
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
  const auto aspect = static_cast<float>(sample_aspect);
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
    pair.x *= aspect;
    pair.to_x *= aspect;
    pairs.push_back(pair);
  }
  if (static_cast<int>(pairs.size()) < s.options.least_points)
    return std::nullopt;
  const auto fit = fit_similarity(pairs, tolerance_px);
  const double followed = static_cast<double>(pairs.size()) / static_cast<double>(s.points.size());
  if (!fit || fit->support * std::min(1.0, 2 * followed) < s.options.least_support)
    return std::nullopt;
  picture_motion found;
  const double width = picture.cols * sample_aspect;
  found.motion = {fit->x / width, fit->y / width, std::hypot(fit->a, fit->b), std::atan2(fit->b, fit->a)};
  found.support = fit->support;
  found.points = static_cast<int>(pairs.size());
  return found;
}

} // namespace timeloom
