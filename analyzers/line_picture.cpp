#include "analyzers/line_picture.hpp"

#include "analyzers/enclosed_letters.hpp"
#include "analyzers/matrix.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr int stroke_px = 15;         // no stroke of letters `line_letter_px` high is wider
constexpr double margin_across = 0.9; // of the letters' height
constexpr double margin_down = 0.45;  // accents above, descenders below
constexpr double beside_px = 8;       // accents and dots above the letters, tails below
constexpr int most_width = 40 * line_letter_px * 3;
constexpr double shape_ratio = 1.12; // most, of widths to heights, of like pictures
constexpr int shift_px = 3;
constexpr int usual_stroke_px = 9;
constexpr int search_px = 10;        // around the place where letters are known to be
constexpr double faint_peak = 5.5;   // standard deviations of the correlation at other places
constexpr double faint_contrast = 3; // levels of grey

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

/// `region` of `gray` with its margin, tall letters `line_letter_px` high and lighter than what they stand on.
struct line_crop {
  cv::Rect from; ///< pixels of the picture
  cv::Mat gray;
};

line_crop crop_of(const plane_view& gray, const text_region& region) {
  const int across = static_cast<int>(std::lround(margin_across * region.letter_px));
  const int down = static_cast<int>(std::lround(margin_down * region.letter_px));
  const cv::Rect whole{0, 0, gray.width, gray.height};
  const cv::Rect from = cv::Rect{region.area.left - across, region.area.top - down, region.area.width + 2 * across,
                                 region.area.height + 2 * down} &
                        whole;
  const double scale = line_letter_px / region.letter_px;
  const cv::Size size{std::clamp(static_cast<int>(std::lround(from.width * scale)), 1, most_width),
                      std::max(1, static_cast<int>(std::lround(from.height * scale)))};
  cv::Mat scaled;
  cv::resize(as_matrix(gray)(from), scaled, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_CUBIC);
  if (!region.light)
    cv::bitwise_not(scaled, scaled);
  return {from, scaled};
}

/// Without what is wider than strokes.
cv::Mat strokes_of(const cv::Mat& levels) {
  cv::Mat coarse;
  cv::blur(levels, coarse, {usual_stroke_px, usual_stroke_px});
  return levels - coarse;
}

} // namespace

plane line_picture(const text_picture& picture, const text_region& region, letter_choice choice) {
  if (choice == letter_choice::colored && picture.bgr.data != nullptr) {
    const auto part = letters_by_color(picture.bgr, region);
    return line_picture(part.gray.view(), part.region, letter_choice::all);
  }
  const auto [from, scaled] = crop_of(picture.gray, region);
  if (choice == letter_choice::grays)
    return stretched(scaled);
  cv::Mat tophat;
  cv::morphologyEx(scaled, tophat, cv::MORPH_TOPHAT, cv::getStructuringElement(cv::MORPH_RECT, {stroke_px, stroke_px}));
  const auto strokes = levels_of(scaled, tophat);
  auto ink = ink_of(scaled, tophat, strokes);
  if (choice == letter_choice::enclosed) {
    const double scale = line_letter_px / region.letter_px;
    const double top = (region.area.top - from.y) * scale;
    const double bottom = top + region.area.height * scale;
    keep_enclosed_letters(ink, scaled, tophat, strokes, top - beside_px, bottom + beside_px);
  }
  plane line{ink.cols, ink.rows};
  for (int y = 0; y < ink.rows; ++y)
    std::transform(ink.ptr<std::uint8_t>(y), ink.ptr<std::uint8_t>(y) + ink.cols, line.row(y),
                   [](std::uint8_t dark) { return static_cast<std::uint8_t>(255 - dark); });
  return line;
}

bool shows_faintly(const plane_view& letters, const text_region& region, const plane_view& with,
                   const plane_view& without) {
  cv::Mat more, ink;
  crop_of(with, region).gray.convertTo(more, CV_32F);
  if (without.data != nullptr)
    cv::subtract(more, crop_of(without, region).gray, more, cv::noArray(), CV_32F);
  if (more.cols != letters.width || more.rows != letters.height || std::min(more.cols, more.rows) <= 2 * search_px)
    return false;
  as_matrix(letters).convertTo(ink, CV_32F, -1, 255);
  const cv::Rect inner{search_px, search_px, ink.cols - 2 * search_px, ink.rows - 2 * search_px};
  more = strokes_of(more);
  ink = strokes_of(ink)(inner);
  cv::Mat correlation;
  cv::matchTemplate(more, ink, correlation, cv::TM_CCOEFF_NORMED);
  double most = 0;
  cv::Point best;
  cv::minMaxLoc(correlation, nullptr, &most, nullptr, &best);
  if (std::max(std::abs(best.x - search_px), std::abs(best.y - search_px)) > 1)
    return false;
  cv::Mat elsewhere{correlation.size(), CV_8UC1, cv::Scalar(255)};
  elsewhere(cv::Rect{search_px - stroke_px / 2, search_px - stroke_px / 2, stroke_px, stroke_px}).setTo(0);
  cv::Scalar mean, deviation;
  cv::meanStdDev(correlation, mean, deviation, elsewhere);
  const double contrast = 255 * more(inner).dot(ink) / std::max(1.0, ink.dot(ink));
  return most - mean[0] > faint_peak * deviation[0] && contrast >= faint_contrast;
}

double likeness(const plane_view& a, const plane_view& b) {
  const double across = static_cast<double>(b.width) / a.width;
  const double down = static_cast<double>(b.height) / a.height;
  if (std::max(across, 1 / across) > shape_ratio || std::max(down, 1 / down) > shape_ratio)
    return 0;
  cv::Mat second = as_matrix(b);
  if (a.width != b.width || a.height != b.height)
    cv::resize(as_matrix(b), second, {a.width, a.height}, 0, 0, cv::INTER_LINEAR);
  if (a.width <= 2 * shift_px || a.height <= 2 * shift_px)
    return 0;
  const cv::Mat inner = second(cv::Rect{shift_px, shift_px, a.width - 2 * shift_px, a.height - 2 * shift_px});
  cv::Scalar mean, deviation;
  cv::meanStdDev(inner, mean, deviation);
  if (deviation[0] < 1)
    return 0;
  cv::Mat correlation;
  cv::matchTemplate(as_matrix(a), inner, correlation, cv::TM_CCOEFF_NORMED);
  double best = 0;
  cv::minMaxLoc(correlation, nullptr, &best);
  return std::isfinite(best) ? best : 0;
}

} // namespace timeloom
