#include "analyzers/luma_view.hpp"

#include <algorithm>
#include <opencv2/imgproc.hpp>

namespace timeloom {

cv::Rect pixels(const box& area, const cv::Size& of) {
  const int left = cvFloor(area.x * of.width);
  const int top = cvFloor(area.y * of.height);
  const int right = cvCeil((area.x + area.width) * of.width);
  const int bottom = cvCeil((area.y + area.height) * of.height);
  return cv::Rect{left, top, right - left, bottom - top} & cv::Rect{cv::Point{}, of};
}

cv::Rect2d square_around(const cv::Rect2d& of, double side) {
  return {of.x + (of.width - side) / 2, of.y + (of.height - side) / 2, side, side};
}

box luma_view::place(const cv::Rect2d& in_luma) const {
  const double width = picture.width;
  const double height = picture.height;
  const double left = std::clamp(part.x + in_luma.x / scale, 0.0, width);
  const double top = std::clamp(part.y + in_luma.y / scale, 0.0, height);
  const double right = std::clamp(part.x + (in_luma.x + in_luma.width) / scale, 0.0, width);
  const double bottom = std::clamp(part.y + (in_luma.y + in_luma.height) / scale, 0.0, height);
  return {left / width, top / height, (right - left) / width, (bottom - top) / height};
}

luma_view view_part(const cv::Mat& picture, const cv::Rect& part, double scale) {
  luma_view view{picture(part), part, scale, picture.size()};
  const cv::Size size{std::max(1, cvRound(part.width * scale)), std::max(1, cvRound(part.height * scale))};
  if (size != part.size())
    cv::resize(picture(part), view.luma, size, 0, 0, scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
  return view;
}

} // namespace timeloom
