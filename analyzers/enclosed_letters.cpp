#include "analyzers/enclosed_letters.hpp"

#include "analyzers/line_picture.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <utility>

namespace timeloom {

namespace {

constexpr int least_ink = 96;                   // of a pixel that belongs to a part
constexpr int beside_px = 120;                  // across, in which parts are compared
constexpr int widest_part = 3 * line_letter_px; // letters that touch
constexpr int least_part = 25;                  // px: a part whose grey can be told
constexpr double letters_quantile = 0.7;        // of the greys beside: background is seldom lighter than light letters
constexpr double duller = 0.12;                 // of the contrast: no letter
constexpr double least_step = 8;                // levels of grey between letters and what is duller
constexpr double least_left = 0.2;              // of a part that holds a letter

enum class part_kind : std::uint8_t { letter, dull, outside };

/// A connected part of the ink.
struct ink_part {
  double level = 0; // of the cores of its strokes
  double area = 0;
  double middle_x = 0;
  double middle_y = 0;
  double open = 0; // of the area
  part_kind kind = part_kind::letter;
};

/// Of values with weights, the least that at most 1 - `share` of the weight is above.
std::optional<double> weighted_quantile(std::vector<std::pair<double, double>> values, double share) {
  if (values.empty())
    return std::nullopt;
  std::sort(values.begin(), values.end());
  double left = 0;
  for (const auto& [value, weight] : values)
    left += share * weight;
  for (const auto& [value, weight] : values)
    if ((left -= weight) <= 0)
      return value;
  return values.back().first;
}

/// What is as light as letters but goes on above or below them, as background between outlines does, or lies
/// inside a letter.
cv::Mat open_parts(const cv::Mat& gray, const stroke_levels& strokes) {
  cv::Mat bright{gray.size(), CV_8UC1};
  for (int y = 0; y < gray.rows; ++y) {
    const auto* level = gray.ptr<std::uint8_t>(y);
    auto* to = bright.ptr<std::uint8_t>(y);
    for (int x = 0; x < gray.cols; ++x) {
      const auto at = static_cast<std::size_t>(x);
      to[x] = 2 * level[x] > strokes.level[at] + strokes.ground[at] ? 255 : 0;
    }
  }
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(bright, labels, stats, centers, 4, CV_32S);
  std::vector<cv::Rect> boxes;
  std::vector<std::uint8_t> open(static_cast<std::size_t>(count), 0);
  for (int i = 0; i < count; ++i) {
    const int* of = stats.ptr<int>(i);
    boxes.emplace_back(of[cv::CC_STAT_LEFT], of[cv::CC_STAT_TOP], of[cv::CC_STAT_WIDTH], of[cv::CC_STAT_HEIGHT]);
    const auto& box = boxes.back();
    open[static_cast<std::size_t>(i)] =
        i > 0 && (box.y == 0 || box.br().y == gray.rows || box.width > widest_part) ? 255 : 0;
  }
  for (std::size_t i = 1; i < boxes.size(); ++i) {
    for (std::size_t j = 1; open[i] == 0 && j < boxes.size(); ++j) {
      const auto& around = boxes[j];
      if (open[j] == 0 && boxes[i].x > around.x && boxes[i].y > around.y && boxes[i].br().x < around.br().x &&
          boxes[i].br().y < around.br().y && around.width < widest_part)
        open[i] = 255;
    }
  }
  for (int y = 0; y < gray.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    auto* to = bright.ptr<std::uint8_t>(y);
    for (int x = 0; x < gray.cols; ++x)
      to[x] = open[static_cast<std::size_t>(label[x])];
  }
  return bright;
}

/// The parts by their numbers in `labels`, which are from 1.
std::vector<ink_part> parts_of(const cv::Mat& ink, const cv::Mat& gray, const cv::Mat& tophat, const cv::Mat& open,
                               cv::Mat& labels) {
  cv::Mat stats, centers;
  const int count = cv::connectedComponentsWithStats(ink > least_ink, labels, stats, centers, 8, CV_32S);
  std::vector<ink_part> parts(static_cast<std::size_t>(count));
  std::vector<double> weights(parts.size());
  for (int y = 0; y < ink.rows; ++y) {
    for (int x = 0; x < ink.cols; ++x) {
      const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
      const double weight = std::pow(tophat.at<std::uint8_t>(y, x), 4); // the core of a stroke, not its blurred edge
      weights[label] += weight;
      parts[label].level += weight * gray.at<std::uint8_t>(y, x);
      parts[label].open += open.at<std::uint8_t>(y, x) != 0;
    }
  }
  for (int i = 1; i < count; ++i) {
    auto& part = parts[static_cast<std::size_t>(i)];
    part.level /= std::max(1.0, weights[static_cast<std::size_t>(i)]);
    part.area = stats.at<int>(i, cv::CC_STAT_AREA);
    part.middle_x = centers.at<double>(i, 0);
    part.middle_y = centers.at<double>(i, 1);
  }
  return parts;
}

void tell_kinds(std::vector<ink_part>& parts, const stroke_levels& strokes, double top, double bottom) {
  for (std::size_t i = 1; i < parts.size(); ++i) {
    auto& part = parts[i];
    std::vector<std::pair<double, double>> beside; // level, area
    for (std::size_t j = 1; j < parts.size(); ++j)
      if (std::abs(parts[j].middle_x - part.middle_x) <= beside_px && parts[j].area >= least_part)
        beside.emplace_back(parts[j].level, parts[j].area);
    const double letters = weighted_quantile(std::move(beside), letters_quantile).value_or(part.level);
    const double contrast = strokes.contrast[static_cast<std::size_t>(part.middle_x)];
    const double step = std::max(least_step, duller * contrast * (part.area < least_part ? 2 : 1));
    if (part.middle_y < top || part.middle_y > bottom)
      part.kind = part_kind::outside;
    else if (part.open > 0.5 * part.area || part.level < letters - step)
      part.kind = part_kind::dull;
  }
}

/// The middle grey, by area, of the parts of a kind that are large enough.
std::optional<double> level_of(const std::vector<ink_part>& parts, part_kind kind) {
  std::vector<std::pair<double, double>> levels;
  for (std::size_t i = 1; i < parts.size(); ++i)
    if (parts[i].kind == kind && parts[i].area >= least_part)
      levels.emplace_back(parts[i].level, parts[i].area);
  return weighted_quantile(std::move(levels), 0.5);
}

} // namespace

void keep_enclosed_letters(cv::Mat& ink, const cv::Mat& gray, const cv::Mat& tophat, const stroke_levels& strokes,
                           double top, double bottom) {
  cv::Mat labels;
  auto parts = parts_of(ink, gray, tophat, open_parts(gray, strokes), labels);
  tell_kinds(parts, strokes, top, bottom);
  const double light = level_of(parts, part_kind::letter).value_or(255);
  const double dull = level_of(parts, part_kind::dull).value_or(light);
  cv::Mat left = cv::Mat::zeros(ink.size(), CV_8UC1);
  std::vector<int> much(parts.size());
  for (int y = 0; y < ink.rows; ++y) {
    for (int x = 0; x < ink.cols; ++x) {
      const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
      auto& to = left.at<std::uint8_t>(y, x);
      if (label != 0 && parts[label].kind == part_kind::letter)
        to = ink.at<std::uint8_t>(y, x);
      else if (label != 0 && parts[label].kind == part_kind::dull && light - dull >= least_step)
        to = std::min(ink.at<std::uint8_t>(y, x), ink_of((gray.at<std::uint8_t>(y, x) - dull) / (light - dull)));
      much[label] += to > least_ink;
    }
  }
  cv::Mat keep = cv::Mat::zeros(ink.size(), CV_8UC1);
  for (int y = 0; y < ink.rows; ++y) {
    for (int x = 0; x < ink.cols; ++x) {
      const auto label = static_cast<std::size_t>(labels.at<int>(y, x));
      const auto now = left.at<std::uint8_t>(y, x);
      if (label != 0)
        ink.at<std::uint8_t>(y, x) = now;
      if (now > least_ink && much[label] >= least_left * parts[label].area)
        keep.at<std::uint8_t>(y, x) = 255;
    }
  }
  cv::dilate(keep, keep, cv::getStructuringElement(cv::MORPH_RECT, {3, 3})); // blurred edges belong to their letter
  ink &= keep;
}

} // namespace timeloom
