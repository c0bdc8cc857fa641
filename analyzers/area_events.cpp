#include "analyzers/area_events.hpp"

#include "analyzers/label_names.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

namespace timeloom {

namespace {

constexpr double rounding = 1e-6; // a share is a quotient of sums

struct large_span {
  frame_position first;
  frame_position last;
  double sum = 0;
  double peak = 0;
  std::int64_t pictures = 0;
};

class area_events final : public video_finds {
public:
  area_events(std::vector<std::string> labels, const background_segmentation_options& options)
      : labels_(label_names(std::move(labels))),
        begin_share_(options.min_share),
        end_share_(options.min_share / 2),
        open_(labels_.size()) {}

  void see(const frame_position& at, const picture_finds& finds) override {
    const auto known = std::min(labels_.size(), finds.class_shares.size());
    for (std::size_t label = 0; label < known; ++label) {
      const double share = finds.class_shares[label];
      if (!(share >= 0 && share <= 1 + rounding))
        continue;
      auto& span = open_[label];
      if (share < (span ? end_share_ : begin_share_)) {
        close(label);
        continue;
      }
      if (!span)
        span.emplace().first = at;
      span->last = at;
      span->sum += std::min(share, 1.0);
      span->peak = std::max(span->peak, std::min(share, 1.0));
      ++span->pictures;
    }
  }

  std::vector<event> take_events() override { return std::exchange(events_, {}); }

  void finish() override {
    for (std::size_t label = 0; label < labels_.size(); ++label)
      close(label);
  }

private:
  void close(std::size_t label) {
    const auto span = std::exchange(open_[label], std::nullopt);
    if (!span)
      return;
    event found;
    found.analyzer = "background_segmentation";
    found.kind = "area";
    found.start = span->first;
    found.end = span->last;
    found.label = labels_[label];
    found.attributes = {{"mean_share", span->sum / static_cast<double>(span->pictures)}, {"peak_share", span->peak}};
    events_.push_back(std::move(found));
  }

  std::vector<std::string> labels_;
  double begin_share_;
  double end_share_;
  std::vector<std::optional<large_span>> open_; // by label
  std::vector<event> events_;
};

} // namespace

std::unique_ptr<video_finds> make_area_events(std::vector<std::string> labels,
                                              const background_segmentation_options& options) {
  return std::make_unique<area_events>(std::move(labels), options);
}

} // namespace timeloom
