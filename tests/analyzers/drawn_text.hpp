/// Pictures with words on them, drawn in code.
#pragma once

#include "core/picture.hpp"
#include "tests/analyzers/drawn_video.hpp"

#include <opencv2/imgproc.hpp>
#include <string>

namespace timeloom {

/// Owns its pixels. Words are drawn with OpenCV's stroke fonts.
struct drawn_text {
  cv::Mat pixels;

  drawn_text(int width, int height, int gray) : pixels(height, width, CV_8UC1, cv::Scalar(gray)) {}

  /// Blobs of several sizes, as seen from `x`.
  static drawn_text over_wall(int width, int height, float x = 0) {
    drawn_text picture{width, height, 0};
    for (int row = 0; row < height; ++row)
      for (int column = 0; column < width; ++column)
        picture.pixels.at<std::uint8_t>(row, column) =
            static_cast<std::uint8_t>(wall_luma(x + static_cast<float>(column), static_cast<float>(row), 1));
    return picture;
  }

  /// `words` from `left` on, standing on row `bottom`, capitals about `height` px high.
  drawn_text& write(const std::string& words, int left, int bottom, int height, int gray, int outline_gray = -1) {
    const double scale = height / 21.0;
    const int stroke = std::max(1, height / 10);
    if (outline_gray >= 0)
      cv::putText(pixels, words, {left, bottom}, cv::FONT_HERSHEY_DUPLEX, scale, cv::Scalar(outline_gray), 3 * stroke,
                  cv::LINE_AA);
    cv::putText(pixels, words, {left, bottom}, cv::FONT_HERSHEY_DUPLEX, scale, cv::Scalar(gray), stroke, cv::LINE_AA);
    return *this;
  }

  /// As write(), with this share of its strength.
  drawn_text& write_faintly(double share, const std::string& words, int left, int bottom, int height, int gray) {
    drawn_text clear{pixels.cols, pixels.rows, 0};
    pixels.copyTo(clear.pixels);
    clear.write(words, left, bottom, height, gray);
    cv::addWeighted(clear.pixels, share, pixels, 1 - share, 0, pixels);
    return *this;
  }

  plane_view view() const { return {pixels.data, pixels.cols, pixels.rows, static_cast<int>(pixels.step)}; }
};

} // namespace timeloom
