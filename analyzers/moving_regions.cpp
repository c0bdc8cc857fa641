#include "analyzers/moving_regions.hpp"

#include "analyzers/area_events.hpp"
#include "analyzers/moving_foreground.hpp"
#include "analyzers/object_tracker.hpp"
#include "analyzers/track_event.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr std::size_t most_regions = 24; // of a picture, the largest
constexpr int least_sightings = 3;
constexpr double least_seconds = 0.5;
constexpr double least_score = 0.25;

tracker_options tracker_options_of(const background_segmentation_options& options) {
  auto tracking = tracker_options_for(options.rate_hz, least_score);
  tracking.least_sightings = least_sightings;
  tracking.sure_score = 2; // however clear, what moves must be seen to move on
  return tracking;
}

class moving_regions final : public sampled_analyzer {
public:
  explicit moving_regions(const background_segmentation_options& options)
      : areas_(make_area_events({"moving"}, options)), tracker_(tracker_options_of(options)) {}

  expected<void> see(const sampled_frame& frame) override {
    if (auto copied = copy_luma(frame, luma_); !copied)
      return copied;
    const auto found = finder_.see(frame.at.time, luma_.view());
    if (found.cut) {
      tracker_.finish();
      areas_->see(frame.at, {{}, {0.0}});
    }
    if (!found.judged)
      return {};
    areas_->see(frame.at, {{}, {found.share}});
    std::vector<seen_object> seen;
    for (const auto& region : found.regions)
      if (seen.size() < most_regions)
        seen.push_back({0, region.score, region.area, {}});
    tracker_.see(frame.at, seen);
    return {};
  }

  std::vector<event> take_events() override {
    auto events = areas_->take_events();
    std::erase_if(events, [](const event& area) { return area.start == *area.end; }); // a dissolve, a glint
    for (const auto& track : tracker_.take_ended()) {
      if (to_seconds(track.last.time - track.first.time) < least_seconds)
        continue;
      auto told = track_event(track, "background_segmentation", "region");
      told.attributes.emplace_back("path", path_attribute(track.path));
      events.push_back(std::move(told));
    }
    return events;
  }

  void finish() override {
    areas_->finish();
    tracker_.finish();
  }

  std::string backend() const override { return "embedded"; }

private:
  foreground_finder finder_;
  std::unique_ptr<video_finds> areas_;
  object_tracker tracker_;
  plane luma_;
};

} // namespace

expected<std::unique_ptr<sampled_analyzer>> make_moving_regions(const analyzer_options& options) {
  return std::make_unique<moving_regions>(options.background_segmentation);
}

} // namespace timeloom
