/// Pictures as they look after the camera has moved, and what that does not explain. For the sources that use OpenCV.
#pragma once

#include "analyzers/global_motion.hpp"

#include <opencv2/imgproc.hpp>

namespace timeloom {

/// Where each point goes, in pixels.
using affine = cv::Matx23d;

inline const affine unmoved{1, 0, 0, 0, 1, 0};

affine matrix_of(const similarity& by, cv::Size size);

/// How far it moves the corner that it moves farthest, in pixels.
double displacement(const affine& by, cv::Size size);

enum class way { there, back };

/// `picture`, of any one type, moved; itself when nothing moves by a noticeable fraction of a pixel. With
/// `cv::INTER_NEAREST` it is a mask, into which nothing comes from outside; else its edge is repeated.
cv::Mat moved(const cv::Mat& picture, const affine& by, way which, int interpolation = cv::INTER_LINEAR);

/// How far each sample of `picture` is outside of what `shows` has within a sample around it; both CV_8UC1.
cv::Mat beyond(const cv::Mat& picture, const cv::Mat& shows);

} // namespace timeloom
