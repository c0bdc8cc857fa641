#include "analyzers/pose_events.hpp"

#include "analyzers/object_tracker.hpp"
#include "analyzers/track_event.hpp"

#include <algorithm>
#include <iterator>

namespace timeloom {

namespace {

bool is_seen(const keypoint& point) {
  return point.x >= 0 && point.x <= 1 && point.y >= 0 && point.y <= 1 && point.score > 0 && point.score <= 1;
}

attribute::object told(const std::vector<keypoint>& keypoints) {
  attribute::object points;
  for (std::size_t i = 0; i < body_points.size(); ++i) {
    if (const auto& point = keypoints[i]; is_seen(point))
      points.emplace_back(body_points[i], attribute::object{{"x", point.x}, {"y", point.y}, {"score", point.score}});
  }
  return points;
}

class pose_events final : public video_finds {
public:
  explicit pose_events(const body_pose_options& options)
      : tracker_(tracker_options_for(options.rate_hz, options.min_score)) {}

  void see(const frame_position& at, const picture_finds& finds) override {
    std::vector<seen_object> bodies;
    std::copy_if(finds.objects.begin(), finds.objects.end(), std::back_inserter(bodies),
                 [](const seen_object& seen) { return seen.keypoints.size() == body_points.size(); });
    tracker_.see(at, bodies);
  }

  std::vector<event> take_events() override {
    std::vector<event> events;
    for (const auto& track : tracker_.take_ended()) {
      events.push_back(track_event(track, "body_pose", "person"));
      events.back().attributes.emplace_back("path", path_attribute(track.path));
      events.back().attributes.emplace_back("keypoints", told(track.best.keypoints));
    }
    return events;
  }

  void cut() override { tracker_.finish(); }
  void finish() override { tracker_.finish(); }

private:
  object_tracker tracker_;
};

} // namespace

std::unique_ptr<video_finds> make_pose_events(const body_pose_options& options) {
  return std::make_unique<pose_events>(options);
}

} // namespace timeloom
