#include "analyzers/object_events.hpp"

#include "analyzers/label_names.hpp"
#include "analyzers/object_tracker.hpp"
#include "analyzers/track_event.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace timeloom {

namespace {

class object_events final : public video_finds {
public:
  object_events(std::vector<std::string> labels, const object_detection_options& options)
      : labels_(label_names(std::move(labels))), tracker_(tracker_options_for(options.rate_hz, options.min_score)) {}

  void see(const frame_position& at, const picture_finds& finds) override {
    std::vector<seen_object> named;
    std::copy_if(
        finds.objects.begin(), finds.objects.end(), std::back_inserter(named),
        [this](const seen_object& seen) { return seen.label >= 0 && std::cmp_less(seen.label, labels_.size()); });
    tracker_.see(at, named);
  }

  std::vector<event> take_events() override {
    std::vector<event> events;
    for (const auto& track : tracker_.take_ended()) {
      auto found = track_event(track, "object_detection", "object");
      found.label = labels_[static_cast<std::size_t>(track.label)];
      found.attributes.emplace_back("path", path_attribute(track.path));
      events.push_back(std::move(found));
    }
    return events;
  }

  void cut() override { tracker_.finish(); }
  void finish() override { tracker_.finish(); }

private:
  std::vector<std::string> labels_;
  object_tracker tracker_;
};

} // namespace

std::unique_ptr<video_finds> make_object_events(std::vector<std::string> labels,
                                                const object_detection_options& options) {
  return std::make_unique<object_events>(std::move(labels), options);
}

} // namespace timeloom
