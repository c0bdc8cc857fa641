#include "analyzers/letter_color.hpp"

#include "analyzers/matrix.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr double widest_stroke = 0.45; // of the letters' height

/// Of each channel the median over the pixels of the strokes, by the square of how far they stand out in the channel in
/// which they do most. Shadows and outlines stand out as well, but less than letters of a colour do in one.
std::array<int, 3> color_of(const cv::Mat& strokes, const bgr_view& bgr, const pixel_box& area) {
  std::array<std::array<double, 256>, 3> weights{};
  double all = 0;
  for (int y = 0; y < area.height; ++y) {
    const auto* from = bgr.row(area.top + y) + 3 * static_cast<std::ptrdiff_t>(area.left);
    const auto* stroke = strokes.ptr<std::uint8_t>(y);
    for (int x = 0; x < area.width; ++x, from += 3, stroke += 3) {
      const double most = std::max({stroke[0], stroke[1], stroke[2]});
      all += most * most;
      for (std::size_t channel = 0; channel < 3; ++channel)
        weights[channel][from[channel]] += most * most;
    }
  }
  std::array<int, 3> color{};
  for (std::size_t channel = 0; channel < 3; ++channel)
    for (double left = all / 2; color[channel] < 255; ++color[channel])
      if ((left -= weights[channel][static_cast<std::size_t>(color[channel])]) <= 0)
        break;
  return color;
}

} // namespace

line_part letters_by_color(const bgr_view& bgr, const text_region& region) {
  const auto& area = region.area;
  const int kernel = std::max(3, static_cast<int>(std::lround(widest_stroke * region.letter_px)));
  cv::Mat strokes;
  cv::morphologyEx(as_matrix(bgr)(cv::Rect{area.left, area.top, area.width, area.height}), strokes,
                   region.light ? cv::MORPH_TOPHAT : cv::MORPH_BLACKHAT,
                   cv::getStructuringElement(cv::MORPH_RECT, {kernel, kernel}));
  const auto color = color_of(strokes, bgr, area);

  const int beside = static_cast<int>(std::ceil(region.letter_px)); // more than line_picture() takes
  const int left = std::max(0, area.left - beside);
  const int top = std::max(0, area.top - beside);
  line_part part{plane{std::min(bgr.width, area.left + area.width + beside) - left,
                       std::min(bgr.height, area.top + area.height + beside) - top},
                 region};
  for (int y = 0; y < part.gray.height(); ++y) {
    const auto* from = bgr.row(top + y) + 3 * static_cast<std::ptrdiff_t>(left);
    auto* to = part.gray.row(y);
    for (int x = 0; x < part.gray.width(); ++x, from += 3)
      to[x] = static_cast<std::uint8_t>(
          255 - std::max({std::abs(from[0] - color[0]), std::abs(from[1] - color[1]), std::abs(from[2] - color[2])}));
  }
  part.region.area.left -= left;
  part.region.area.top -= top;
  part.region.light = true;
  return part;
}

} // namespace timeloom
