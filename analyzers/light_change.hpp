/// How the light of a whole picture changed. For the sources that use OpenCV.
#pragma once

#include <opencv2/core.hpp>

namespace timeloom {

/// Luma becomes `gain * luma + offset`.
struct light_change {
  double gain = 1;
  double offset = 0;

  bool is_none() const { return gain == 1 && offset == 0; }

  /// Whether it is a fade, or a light that went on or off, of a picture of that mean luma.
  bool is_strong(double luma) const;

  /// Whether it is as fast, in `seconds`, as those of a fade are.
  bool is_fade(double luma, double seconds) const;

  /// CV_8UC1.
  cv::Mat applied_to(const cv::Mat& picture) const;
};

/// From `shows` to `picture`, both CV_8UC1, in the samples of the mask `where`. Light changes dark and bright samples
/// alike or in proportion, so the middle change of the darker half and that of the brighter half tell it, as long as
/// less than half of each is covered, or one is a small thing that leaves a plain ground.
light_change light_between(const cv::Mat& shows, const cv::Mat& picture, const cv::Mat& where);

} // namespace timeloom
