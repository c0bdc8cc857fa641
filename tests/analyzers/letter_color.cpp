#include "analyzers/letter_color.hpp"

#include "tests/catch.hpp"

#include <opencv2/imgproc.hpp>

using namespace timeloom;

namespace {

struct painted {
  cv::Mat bgr;

  /// Letters of one colour, 40 px high, over a ground of one colour to the left and another to the right.
  painted(const cv::Scalar& letters, const cv::Scalar& left, const cv::Scalar& right) : bgr(120, 400, CV_8UC3, left) {
    cv::rectangle(bgr, {200, 0, 200, 120}, right, cv::FILLED);
    for (const int x : {60, 90, 120, 270, 300, 330})
      cv::rectangle(bgr, {x, 40, 6, 40}, letters, cv::FILLED);
  }

  bgr_view view() const { return {bgr.data, bgr.cols, bgr.rows}; }
};

text_region stripes(bool light) {
  text_region region;
  region.area = {60, 40, 276, 40};
  region.letter_px = 40;
  region.light = light;
  return region;
}

} // namespace

TEST_CASE("letters stand out by their colour where they are lighter and darker than the ground") {
  const painted picture{{255, 255, 0}, {60, 60, 60}, {235, 235, 235}}; // cyan, whose grey is 179
  for (const bool light : {true, false}) {
    const auto part = letters_by_color(picture.view(), stripes(light));
    CHECK(part.region.light);
    CHECK(part.region.area == pixel_box{40, 40, 276, 40});
    CHECK(part.gray.width() == 356);
    CHECK(part.gray.height() == 120);
    for (const int x : {42, 72, 282, 312}) { // left and right
      CHECK(part.gray.row(60)[x] > 240);
      CHECK(part.gray.row(60)[x + 15] < 70);
    }
  }
}

TEST_CASE("letters stand out from what is as bright as they are") {
  const painted picture{{0, 255, 255}, {226, 226, 226}, {20, 20, 20}}; // yellow, whose grey is 226
  const auto part = letters_by_color(picture.view(), stripes(true));
  CHECK(part.gray.row(60)[42] > 240);
  CHECK(part.gray.row(60)[42 + 15] < 40);
}

TEST_CASE("a line at the picture's edge has nothing beside it there") {
  const painted picture{{255, 255, 0}, {60, 60, 60}, {235, 235, 235}};
  auto region = stripes(true);
  region.area = {0, 20, 400, 100};
  const auto part = letters_by_color(picture.view(), region);
  CHECK(part.region.area == region.area);
  CHECK(part.gray.width() == 400);
  CHECK(part.gray.height() == 120);
}
