/// Where an open eye looks, by its iris.
#pragma once

#include <opencv2/core.hpp>
#include <optional>

namespace timeloom {

/// In `eye`, CV_8UC1, an upright picture of one open eye with lids: where the iris is between the eye's corners. -1 is
/// at the left one in the picture, 0 in the middle, 1 at the right one. Nothing when the eye is too small or too flat.
std::optional<double> iris_place(const cv::Mat& eye);

} // namespace timeloom
