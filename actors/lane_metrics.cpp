#include "actors/lane_metrics.hpp"

namespace timeloom {

void lane_metrics::record(std::span<const queued_picture> pictures, double seconds) {
  const std::lock_guard lock{mutex_};
  pictures_.record(static_cast<double>(pictures.size()));
  for (const auto& picture : pictures)
    wait_.record(picture.waited.count());
  compute_.record(seconds);
}

std::vector<metric_summary> lane_metrics::summaries() const {
  const std::lock_guard lock{mutex_};
  return {summary_of("timeloom_batch_pictures", analyzer_, pictures_),
          summary_of("timeloom_picture_wait_seconds", analyzer_, wait_),
          summary_of("timeloom_batch_compute_seconds", analyzer_, compute_)};
}

} // namespace timeloom
