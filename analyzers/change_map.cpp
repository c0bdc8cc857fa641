#include "analyzers/change_map.hpp"

#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

namespace timeloom {

namespace {

constexpr int long_side_px = 160;         // of the reduced picture
constexpr int least_difference = 10;      // of 255; noise and compression stay below when so many samples are averaged
constexpr int least_region_samples = 4;   // of the reduced picture; less is noise
constexpr int shot_long_side_px = 16;     // of the picture in which shots are compared: a pan moves little of it
constexpr double least_correlation = 0.4; // between pictures of one shot
constexpr double least_contrast = 4;      // standard deviation below which there is nothing to correlate

cv::Size reduced_size(const cv::Size& size, int long_side) {
  const double scale = std::min(1.0, static_cast<double>(long_side) / std::max(size.width, size.height));
  return {std::max(1, cvRound(size.width * scale)), std::max(1, cvRound(size.height * scale))};
}

double deviation(const cv::Mat& of) {
  cv::Scalar mean;
  cv::Scalar spread;
  cv::meanStdDev(of, mean, spread);
  return spread[0];
}

double correlation(const cv::Mat& a, const cv::Mat& b) {
  cv::Mat result;
  cv::matchTemplate(a, b, result, cv::TM_CCOEFF_NORMED);
  return result.at<float>(0, 0);
}

bool shows_another_shot(const cv::Mat& before, const cv::Mat& now) {
  const bool flat_before = deviation(before) < least_contrast;
  const bool flat_now = deviation(now) < least_contrast;
  if (flat_before || flat_now)
    return flat_before != flat_now;
  return correlation(before, now) < least_correlation;
}

} // namespace

struct change_map::state {
  cv::Mat now;     // reduced
  cv::Mat looked;  // each place as it was when it was looked at
  cv::Mat changed; // 0 or 255
  cv::Mat shot;    // reduced further
  bool another_shot = true;

  cv::Rect place(const box& area) const { return pixels(area, now.size()); }
};

change_map::change_map() : state_(std::make_unique<state>()) {}
change_map::~change_map() = default;

void change_map::see(const plane_view& luma) {
  const auto picture = as_matrix(luma);
  auto& s = *state_;
  const auto size = reduced_size(picture.size(), long_side_px);
  cv::Mat shot;
  cv::resize(picture, s.now, size, 0, 0, cv::INTER_AREA);
  cv::resize(s.now, shot, reduced_size(size, shot_long_side_px), 0, 0, cv::INTER_AREA);
  s.another_shot = s.shot.size() != shot.size() || s.looked.size() != size || shows_another_shot(s.shot, shot);
  s.shot = shot;
  if (s.another_shot) {
    s.looked = s.now.clone();
    s.changed = cv::Mat(size, CV_8UC1, cv::Scalar(255));
    return;
  }
  cv::Mat difference;
  cv::absdiff(s.now, s.looked, difference);
  cv::Mat differs;
  cv::threshold(difference, differs, least_difference - 1, 255, cv::THRESH_BINARY);
  // What was never looked at since it changed stays changed, even if it looks as before again.
  s.changed |= differs;
}

bool change_map::is_another_shot() const {
  return state_->another_shot;
}

double change_map::changed_share(const box& area) const {
  const auto place = state_->place(area);
  return place.area() > 0 ? static_cast<double>(cv::countNonZero(state_->changed(place))) / place.area() : 0;
}

std::vector<box> change_map::changes() const {
  const auto& s = *state_;
  cv::Mat joined;
  cv::dilate(s.changed, joined, cv::Mat::ones(5, 5, CV_8UC1));
  cv::Mat labels;
  cv::Mat stats;
  cv::Mat centers;
  const int count = cv::connectedComponentsWithStats(joined, labels, stats, centers, 8, CV_32S);
  std::vector<box> regions;
  const double width = s.now.cols;
  const double height = s.now.rows;
  for (int i = 1; i < count; ++i) {
    const cv::Rect around{stats.at<int>(i, cv::CC_STAT_LEFT), stats.at<int>(i, cv::CC_STAT_TOP),
                          stats.at<int>(i, cv::CC_STAT_WIDTH), stats.at<int>(i, cv::CC_STAT_HEIGHT)};
    if (cv::countNonZero(s.changed(around)) >= least_region_samples)
      regions.push_back({around.x / width, around.y / height, around.width / width, around.height / height});
  }
  return regions;
}

void change_map::look(const box& area) {
  auto& s = *state_;
  const auto place = s.place(area);
  if (place.area() == 0)
    return;
  s.now(place).copyTo(s.looked(place));
  s.changed(place).setTo(0);
}

} // namespace timeloom
