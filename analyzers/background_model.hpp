/// What stands behind all that moves, as a running mean of each sample, carried along with the camera.
///
/// A sample that does not change for a while is background from then on, but what was there before is kept, because
/// what stopped may go on. A plain class, one owner. For the sources that use OpenCV.
#pragma once

#include "analyzers/camera_warp.hpp"

#include <cstdint>

namespace timeloom {

/// What a sample of a picture is to the background.
enum class sample_kind : std::uint8_t {
  nothing,    ///< nobody knows
  background, ///< it shows
  changing,   ///< something in front of it has changed since the picture before
  standing,   ///< something in front of it has not
  uncovered,  ///< what the background has there has left
};

/// All pictures are CV_8UC1, masks 0 or 255, all of one size and as the camera sees it now.
class background_model {
public:
  /// The background follows in about `memory_s`; what stands still for `settle_s` becomes a part of it.
  background_model(double memory_s, double settle_s) : memory_s_(memory_s), settle_s_(settle_s) {}

  /// All of `picture` is background, and nothing else is known.
  void begin(const cv::Mat& picture);

  /// The camera moved so since the picture before.
  void move(const affine& by);

  /// Lays the background down anew where the camera is, if that has moved far; each time blurs it a little.
  void catch_up();

  /// Mask of the samples of which something is known.
  cv::Mat known() const;

  /// What the background looks like.
  cv::Mat shown() const { return now(mean_); }

  /// What it looked like before something stopped there, or before that left.
  cv::Mat shown_before() const { return now(other_); }

  /// By how much samples that are background may differ from it.
  cv::Mat variation() const;

  /// Takes in `picture`, in which each sample is of the `sample_kind` in `kinds`, `seconds` after the one before.
  void learn(const cv::Mat& picture, const cv::Mat& kinds, double seconds);

private:
  cv::Mat now(const cv::Mat& laid_down) const;

  double memory_s_;
  double settle_s_;

  // CV_32F, in the coordinates of the picture that they were laid down with.
  cv::Mat mean_;
  cv::Mat other_;     // the mean before something stopped there, or after that left; else the mean
  cv::Mat deviation_; // mean absolute
  cv::Mat age_;       // in pictures; 0 where nothing was seen yet
  cv::Mat stands_;    // seconds for which something in front has not changed
  affine to_now_ = unmoved;
};

} // namespace timeloom
