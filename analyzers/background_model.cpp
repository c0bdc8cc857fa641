#include "analyzers/background_model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace timeloom {

namespace {

constexpr double far_px = 12; // that the background may be displaced before it is laid down anew
constexpr float usual_deviation = 3;
constexpr double deviations = 4; // that the background varies by

/// First `first`, then `second`.
affine joined(const affine& first, const affine& second) {
  affine both;
  for (int row = 0; row < 2; ++row) {
    for (int column = 0; column < 3; ++column)
      both(row, column) = second(row, 0) * first(0, column) + second(row, 1) * first(1, column);
    both(row, 2) += second(row, 2);
  }
  return both;
}

} // namespace

void background_model::begin(const cv::Mat& picture) {
  picture.convertTo(mean_, CV_32F);
  other_ = mean_.clone();
  stands_ = cv::Mat::zeros(picture.size(), CV_32F);
  deviation_ = cv::Mat(picture.size(), CV_32F, cv::Scalar(usual_deviation));
  age_ = cv::Mat::ones(picture.size(), CV_32F);
  to_now_ = unmoved;
}

void background_model::move(const affine& by) {
  to_now_ = joined(to_now_, by);
}

void background_model::catch_up() {
  if (displacement(to_now_, mean_.size()) <= far_px)
    return;
  for (auto* one : {&mean_, &other_, &deviation_, &stands_})
    *one = moved(*one, to_now_, way::there);
  age_ = moved(age_, to_now_, way::there, cv::INTER_NEAREST);
  to_now_ = unmoved;
}

cv::Mat background_model::now(const cv::Mat& laid_down) const {
  cv::Mat shows;
  laid_down.convertTo(shows, CV_8U);
  return moved(shows, to_now_, way::there);
}

cv::Mat background_model::known() const {
  return moved(age_ >= 1, to_now_, way::there, cv::INTER_NEAREST);
}

cv::Mat background_model::variation() const {
  cv::Mat varies;
  deviation_.convertTo(varies, CV_8U, deviations);
  return moved(varies, to_now_, way::there);
}

void background_model::learn(const cv::Mat& picture, const cv::Mat& kinds, double seconds) {
  const cv::Mat seen = moved(picture, to_now_, way::back);
  const cv::Mat kind_of = moved(kinds, to_now_, way::back, cv::INTER_NEAREST);
  const auto usual = static_cast<float>(std::min(1.0, seconds / memory_s_));
  for (int y = 0; y < mean_.rows; ++y) {
    const auto* samples = seen.ptr<std::uint8_t>(y);
    const auto* is = kind_of.ptr<std::uint8_t>(y);
    auto* means = mean_.ptr<float>(y);
    auto* others = other_.ptr<float>(y);
    auto* varies = deviation_.ptr<float>(y);
    auto* ages = age_.ptr<float>(y);
    auto* stood = stands_.ptr<float>(y);
    for (int x = 0; x < mean_.cols; ++x) {
      const auto what = static_cast<sample_kind>(is[x]);
      if (what == sample_kind::nothing)
        continue;
      const float sample = samples[x];
      if (ages[x] < 1) {
        means[x] = others[x] = sample;
        varies[x] = usual_deviation;
        stood[x] = 0;
      } else if (what == sample_kind::background) {
        if (std::abs(sample - others[x]) < std::abs(sample - means[x]))
          std::swap(means[x], others[x]);
        const float by = std::max(usual, 1 / (ages[x] + 1));
        const float off = sample - means[x];
        means[x] += by * off;
        varies[x] += by * (std::abs(off) - varies[x]);
        stood[x] = 0;
      } else if (what == sample_kind::changing) {
        stood[x] = 0;
      } else if (what == sample_kind::uncovered ||
                 (stood[x] += static_cast<float>(seconds)) >= static_cast<float>(settle_s_)) {
        others[x] = means[x];
        means[x] = sample;
        stood[x] = 0;
      }
      ages[x] += 1;
    }
  }
}

} // namespace timeloom
