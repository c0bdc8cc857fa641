#include "analyzers/own_movement.hpp"

#include "analyzers/camera_warp.hpp"
#include "analyzers/luma_view.hpp"
#include "analyzers/matrix.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

namespace {

constexpr int long_side_px = 240;        // of the reduced picture
constexpr int least_difference = 10;     // of 255
constexpr double still_px = 0.5;         // displacements below are of a camera that stands
constexpr double still_elsewhere = 0.03; // of the picture, beside a thing before a camera that stands

} // namespace

struct own_movement::state {
  motion_estimator motion;
  cv::Mat before;
  cv::Mat changed; // since the picture before: 0 or 255
  cv::Mat differs; // from what the camera's motion leads to expect
};

own_movement::own_movement() : state_(std::make_unique<state>()) {}
own_movement::~own_movement() = default;

void own_movement::see(const plane_view& luma) {
  auto& s = *state_;
  const auto picture = as_matrix(luma);
  const double scale = std::min(1.0, static_cast<double>(long_side_px) / std::max(luma.width, luma.height));
  cv::Mat now;
  cv::resize(picture, now, {std::max(1, cvRound(luma.width * scale)), std::max(1, cvRound(luma.height * scale))}, 0, 0,
             cv::INTER_AREA);
  const auto camera = s.motion.push(as_plane(now));
  const cv::Mat before = std::exchange(s.before, now);
  if (before.size() != now.size()) {
    s.changed = s.differs = cv::Mat(now.size(), CV_8UC1, cv::Scalar(0));
    return;
  }
  cv::Mat difference;
  cv::absdiff(now, before, difference);
  s.changed = cv::Mat{difference >= least_difference};
  s.differs = s.changed;
  if (!camera)
    return;
  const auto by = matrix_of(camera->motion, now.size());
  if (displacement(by, now.size()) < still_px)
    return;
  const cv::Mat seen = moved(cv::Mat(now.size(), CV_8UC1, cv::Scalar(255)), by, way::there, cv::INTER_NEAREST);
  s.differs = cv::Mat{(beyond(now, moved(before, by, way::there)) >= least_difference) & seen};
}

double own_movement::share(const box& area) const {
  const auto& s = *state_;
  const auto place = pixels(area, s.changed.size());
  if (place.area() == 0)
    return 0;
  // Where nothing else is to be seen, what a thing does looks like what the camera does.
  const auto near = pixels({area.x - area.width, area.y, 3 * area.width, area.height}, s.changed.size());
  const auto elsewhere = static_cast<double>(s.changed.total()) - near.area();
  const int changed = cv::countNonZero(s.changed) - cv::countNonZero(s.changed(near));
  const auto& moving = changed < still_elsewhere * elsewhere ? s.changed : s.differs;
  return static_cast<double>(cv::countNonZero(moving(place))) / place.area();
}

} // namespace timeloom
