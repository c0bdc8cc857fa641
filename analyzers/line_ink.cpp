#include "analyzers/line_ink.hpp"

#include <algorithm>
#include <array>

namespace timeloom {

namespace {

constexpr int near_px = 60;            // in which strokes are of one grey
constexpr double faint_share = 0.4;    // of the line's contrast: what is fainter is no letter
constexpr double least_contrast = 8;   // levels of grey
constexpr double nearest_ground = 0.2; // of the contrast, to the letters
constexpr double white = 0.3;          // of what a letter has, up to which it is background
constexpr double black = 0.85;

/// Sums over the columns [x - reach, x + reach] for each column x.
std::vector<double> summed_around(const std::vector<double>& columns, int reach) {
  const int count = static_cast<int>(columns.size());
  std::vector<double> up_to(columns.size() + 1, 0);
  for (int x = 0; x < count; ++x)
    up_to[static_cast<std::size_t>(x) + 1] = up_to[static_cast<std::size_t>(x)] + columns[static_cast<std::size_t>(x)];
  std::vector<double> around(columns.size());
  for (int x = 0; x < count; ++x)
    around[static_cast<std::size_t>(x)] = up_to[static_cast<std::size_t>(std::min(count, x + reach + 1))] -
                                          up_to[static_cast<std::size_t>(std::max(0, x - reach))];
  return around;
}

/// The median of the columns [x - reach, x + reach] for each column x.
std::vector<double> medians_around(const cv::Mat& gray, int reach) {
  std::array<int, 256> counts{};
  int all = 0;
  const auto count = [&](int x, int sign) {
    if (x < 0 || x >= gray.cols)
      return;
    for (int y = 0; y < gray.rows; ++y)
      counts[gray.at<std::uint8_t>(y, x)] += sign;
    all += sign * gray.rows;
  };
  for (int x = -reach; x < reach; ++x)
    count(x, 1);
  std::vector<double> medians;
  for (int x = 0; x < gray.cols; ++x) {
    count(x + reach, 1);
    int level = 0;
    for (int left = all / 2; level < 255 && (left -= counts[static_cast<std::size_t>(level)]) > 0;)
      ++level;
    medians.push_back(level);
    count(x - reach, -1);
  }
  return medians;
}

} // namespace

stroke_levels levels_of(const cv::Mat& gray, const cv::Mat& tophat) {
  const auto width = static_cast<std::size_t>(gray.cols);
  std::vector<double> weights(width), levels(width), contrasts(width);
  double all_weights = 0, all_contrasts = 0;
  for (int y = 0; y < gray.rows; ++y) {
    const auto* level = gray.ptr<std::uint8_t>(y);
    const auto* top = tophat.ptr<std::uint8_t>(y);
    for (std::size_t x = 0; x < width; ++x) {
      const double weight = top[x] * top[x];
      weights[x] += weight;
      levels[x] += weight * level[x];
      contrasts[x] += weight * top[x];
    }
  }
  for (std::size_t x = 0; x < width; ++x) {
    all_weights += weights[x];
    all_contrasts += contrasts[x];
  }
  const double least = std::max(least_contrast, faint_share * all_contrasts / std::max(1.0, all_weights));
  weights = summed_around(weights, near_px);
  levels = summed_around(levels, near_px);
  contrasts = summed_around(contrasts, near_px);
  auto ground = medians_around(gray, near_px);
  for (std::size_t x = 0; x < width; ++x) {
    levels[x] /= std::max(1.0, weights[x]);
    contrasts[x] = std::max(least, contrasts[x] / std::max(1.0, weights[x]));
    ground[x] = std::clamp(ground[x], levels[x] - contrasts[x], levels[x] - nearest_ground * contrasts[x]);
  }
  return {std::move(levels), std::move(contrasts), std::move(ground)};
}

std::uint8_t ink_of(double share) {
  return static_cast<std::uint8_t>(std::clamp(255 * (share - white) / (black - white), 0.0, 255.0));
}

cv::Mat ink_of(const cv::Mat& gray, const cv::Mat& tophat, const stroke_levels& strokes) {
  cv::Mat ink{gray.size(), CV_8UC1};
  for (int y = 0; y < gray.rows; ++y) {
    const auto* level = gray.ptr<std::uint8_t>(y);
    const auto* top = tophat.ptr<std::uint8_t>(y);
    auto* to = ink.ptr<std::uint8_t>(y);
    for (int x = 0; x < gray.cols; ++x) {
      const auto at = static_cast<std::size_t>(x);
      // Between outlines or shadows of letters are narrow parts too, but not of the letters' own grey.
      to[x] = ink_of(std::min(top[x] / strokes.contrast[at],
                              (level[x] - strokes.ground[at]) / (strokes.level[at] - strokes.ground[at])));
    }
  }
  return ink;
}

} // namespace timeloom
