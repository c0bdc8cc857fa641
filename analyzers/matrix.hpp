/// Planes as OpenCV takes them, and back, without a copy. For the sources that use OpenCV.
#pragma once

#include "core/picture.hpp"

#include <opencv2/core.hpp>

namespace timeloom {

/// The same memory, CV_8UC1; to be read only, though OpenCV has no such matrix.
inline cv::Mat as_matrix(const plane_view& plane) {
  return {plane.height, plane.width, CV_8UC1, const_cast<std::uint8_t*>(plane.data),
          static_cast<std::size_t>(plane.stride)};
}

/// The same memory, CV_8UC3; to be read only.
inline cv::Mat as_matrix(const bgr_view& picture) {
  return {picture.height, picture.width, CV_8UC3, const_cast<std::uint8_t*>(picture.data)};
}

/// The same memory; `matrix` is CV_8UC1 and must outlive it.
inline plane_view as_plane(const cv::Mat& matrix) {
  return {matrix.data, matrix.cols, matrix.rows, static_cast<int>(matrix.step)};
}

} // namespace timeloom
