/// What a model worker measures of the batches of one lane. Any thread may call the members.
#pragma once

#include "actors/batch_queue.hpp"
#include "core/metrics.hpp"

#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

class lane_metrics {
public:
  explicit lane_metrics(std::string analyzer) : analyzer_(std::move(analyzer)) {}

  /// A batch was looked at in `seconds`: everything from its pictures in shared memory to its finds, and before that
  /// the wait for its model where that was not there.
  void record(std::span<const queued_picture> pictures, double seconds);

  /// Pictures a batch, seconds that each picture waited for its batch to go, seconds of computing a batch.
  std::vector<metric_summary> summaries() const;

private:
  const std::string analyzer_;
  mutable std::mutex mutex_;
  histogram pictures_, wait_, compute_; // guarded by mutex_
};

} // namespace timeloom
