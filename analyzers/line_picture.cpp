#include "analyzers/line_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace timeloom {

namespace {

constexpr int stroke_px = 15;              // no stroke of letters `line_letter_px` high is wider
constexpr double margin_across = 0.9;      // of the letters' height
constexpr double margin_down = 0.45;       // accents above, descenders below
constexpr int near_px = 60;                // in which strokes are of one grey
constexpr double faint_share = 0.4;        // of the line's contrast: what is fainter is no letter
constexpr double nearest_ground = 0.2;     // of the contrast, to the letters
constexpr double white = 0.3;               // ink, of full strokes, up to which it is background
constexpr double black = 0.85;
constexpr double beside_px = 8;            // accents and dots above the letters, tails below
constexpr int widest_part = 3 * line_letter_px; // letters that touch
constexpr double least_part = 25;          // px: a part of a letter whose grey can be told
constexpr double duller = 0.12;            // of the contrast
constexpr int most_width = 40 * line_letter_px * 3;
constexpr double shape_ratio = 1.12;       // most, of widths to heights, of like pictures
constexpr int shift_px = 3;

cv::Mat as_mat(const plane_view& view) {
  return {view.height, view.width, CV_8UC1, const_cast<std::uint8_t*>(view.data),
          static_cast<std::size_t>(view.stride)};
}

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

/// What the strokes near a column are like: their grey and how far they stand out, weighted by the square of that.
struct stroke_levels {
  std::vector<double> level;
  std::vector<double> contrast;
  std::vector<double> ground; ///< grey that is none of a letter: the median, or what they stand out from
};

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
  const double least = std::max(8.0, faint_share * all_contrasts / std::max(1.0, all_weights));
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

/// A connected part of the ink: a letter, a part of one, or something else as narrow.
struct ink_part {
  double weight = 0;
  double level = 0;
  double size = 0;
  double open = 0; // of the size
  double middle_y = 0;
  double middle_x = 0;
  double area = 0;
};

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

/// Takes out what is no part of the letters between the rows `top` and `bottom`: parts outside, and parts that are
/// duller than the letters beside them, as background is that shows between outlines.
void take_out_others(cv::Mat& ink, const cv::Mat& gray, const cv::Mat& tophat, const stroke_levels& strokes, double top,
                     double bottom) {
  const cv::Mat open = open_parts(gray, strokes);
  cv::Mat labels, stats, centers;
  const int count = cv::connectedComponentsWithStats(ink > 96, labels, stats, centers, 8, CV_32S);
  std::vector<ink_part> parts(static_cast<std::size_t>(count));
  for (int y = 0; y < ink.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    const auto* level = gray.ptr<std::uint8_t>(y);
    const auto* over = tophat.ptr<std::uint8_t>(y);
    for (int x = 0; x < ink.cols; ++x) {
      if (label[x] == 0)
        continue;
      auto& part = parts[static_cast<std::size_t>(label[x])];
      const double weight = std::pow(over[x], 4); // of the core of a stroke, not of its blurred edge
      part.weight += weight;
      part.size += 1;
      part.open += open.at<std::uint8_t>(y, x) != 0;
      part.level += weight * level[x];
    }
  }
  for (int i = 1; i < count; ++i) {
    auto& part = parts[static_cast<std::size_t>(i)];
    part.level /= std::max(1.0, part.weight);
    part.area = stats.at<int>(i, cv::CC_STAT_AREA);
    part.middle_x = centers.at<double>(i, 0);
    part.middle_y = centers.at<double>(i, 1);
  }
  std::vector<bool> out(parts.size());
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const auto& part = parts[i];
    std::vector<std::pair<double, double>> beside; // level, area
    double area = 0;
    for (std::size_t j = 1; j < parts.size(); ++j) {
      if (std::abs(parts[j].middle_x - part.middle_x) <= 2 * near_px && parts[j].area >= least_part) {
        beside.emplace_back(parts[j].level, parts[j].area);
        area += parts[j].area;
      }
    }
    std::sort(beside.begin(), beside.end());
    double letters = part.level;
    for (double below = 0; const auto& [level, size] : beside) {
      below += size;
      letters = level;
      if (below >= 0.7 * area)
        break;
    }
    const double contrast = strokes.contrast[static_cast<std::size_t>(part.middle_x)];
    out[i] = part.open > 0.5 * part.size || part.middle_y < top || part.middle_y > bottom ||
             part.level < letters - std::max(8.0, duller * contrast * (part.area < least_part ? 2 : 1));
  }
  cv::Mat keep = cv::Mat::zeros(ink.size(), CV_8UC1);
  for (int y = 0; y < ink.rows; ++y) {
    const int* label = labels.ptr<int>(y);
    auto* to = keep.ptr<std::uint8_t>(y);
    for (int x = 0; x < ink.cols; ++x)
      to[x] = label[x] != 0 && !out[static_cast<std::size_t>(label[x])] ? 255 : 0;
  }
  cv::dilate(keep, keep, cv::getStructuringElement(cv::MORPH_RECT, {3, 3})); // blurred edges belong to their letter
  ink &= keep;
}

/// Dark on light, with all levels used.
plane stretched(const cv::Mat& light_letters) {
  std::array<int, 256> counts{};
  for (int y = 0; y < light_letters.rows; ++y)
    for (int x = 0; x < light_letters.cols; ++x)
      ++counts[light_letters.at<std::uint8_t>(y, x)];
  const auto level_of = [&](double share) {
    double left = share * light_letters.rows * light_letters.cols;
    int level = 0;
    while (level < 255 && (left -= counts[static_cast<std::size_t>(level)]) > 0)
      ++level;
    return level;
  };
  const double low = level_of(0.02);
  const double high = std::max(low + 8, static_cast<double>(level_of(0.98)));
  plane line{light_letters.cols, light_letters.rows};
  for (int y = 0; y < line.height(); ++y)
    for (int x = 0; x < line.width(); ++x)
      line.row(y)[x] = static_cast<std::uint8_t>(
          255 * std::clamp((high - light_letters.at<std::uint8_t>(y, x)) / (high - low), 0.0, 1.0));
  return line;
}

} // namespace

plane line_picture(const plane_view& gray, const text_region& region, letter_choice choice) {
  const int across = static_cast<int>(std::lround(margin_across * region.letter_px));
  const int down = static_cast<int>(std::lround(margin_down * region.letter_px));
  const cv::Rect whole{0, 0, gray.width, gray.height};
  const cv::Rect crop = cv::Rect{region.area.left - across, region.area.top - down, region.area.width + 2 * across,
                                 region.area.height + 2 * down} &
                        whole;
  const double scale = line_letter_px / region.letter_px;
  const cv::Size size{std::clamp(static_cast<int>(std::lround(crop.width * scale)), 1, most_width),
                      std::max(1, static_cast<int>(std::lround(crop.height * scale)))};
  cv::Mat scaled;
  cv::resize(as_mat(gray)(crop), scaled, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  if (!region.light)
    cv::bitwise_not(scaled, scaled);
  if (choice == letter_choice::grays)
    return stretched(scaled);
  cv::Mat tophat;
  cv::morphologyEx(scaled, tophat, cv::MORPH_TOPHAT,
                   cv::getStructuringElement(cv::MORPH_RECT, {stroke_px, stroke_px}));
  const auto strokes = levels_of(scaled, tophat);
  cv::Mat ink{size, CV_8UC1};
  for (int y = 0; y < size.height; ++y) {
    const auto* top = tophat.ptr<std::uint8_t>(y);
    const auto* level = scaled.ptr<std::uint8_t>(y);
    auto* to = ink.ptr<std::uint8_t>(y);
    for (int x = 0; x < size.width; ++x) {
      const auto at = static_cast<std::size_t>(x);
      // Between outlines or shadows of letters are narrow parts too, but not of the letters' own grey.
      const double share = std::min(top[x] / strokes.contrast[at],
                                    (level[x] - strokes.ground[at]) / (strokes.level[at] - strokes.ground[at]));
      to[x] = static_cast<std::uint8_t>(std::clamp(255 * (share - white) / (black - white), 0.0, 255.0));
    }
  }
  if (choice == letter_choice::enclosed) {
    const double top = (region.area.top - crop.y) * scale;
    const double bottom = top + region.area.height * scale;
    take_out_others(ink, scaled, tophat, strokes, top - beside_px, bottom + beside_px);
  }
  plane line{size.width, size.height};
  for (int y = 0; y < size.height; ++y)
    std::transform(ink.ptr<std::uint8_t>(y), ink.ptr<std::uint8_t>(y) + size.width, line.row(y),
                   [](std::uint8_t dark) { return static_cast<std::uint8_t>(255 - dark); });
  return line;
}

double likeness(const plane_view& a, const plane_view& b) {
  const double across = static_cast<double>(b.width) / a.width;
  const double down = static_cast<double>(b.height) / a.height;
  if (std::max(across, 1 / across) > shape_ratio || std::max(down, 1 / down) > shape_ratio)
    return 0;
  cv::Mat second = as_mat(b);
  if (a.width != b.width || a.height != b.height)
    cv::resize(as_mat(b), second, {a.width, a.height}, 0, 0, cv::INTER_LINEAR);
  if (a.width <= 2 * shift_px || a.height <= 2 * shift_px)
    return 0;
  const cv::Mat inner = second(cv::Rect{shift_px, shift_px, a.width - 2 * shift_px, a.height - 2 * shift_px});
  cv::Scalar mean, deviation;
  cv::meanStdDev(inner, mean, deviation);
  if (deviation[0] < 1)
    return 0;
  cv::Mat correlation;
  cv::matchTemplate(as_mat(a), inner, correlation, cv::TM_CCOEFF_NORMED);
  double best = 0;
  cv::minMaxLoc(correlation, nullptr, &best);
  return std::isfinite(best) ? best : 0;
}

} // namespace timeloom
