/// The process that runs models: batches pictures of many videos, on one device.
#pragma once

#include "analyzers/batch_analyzer.hpp"

#include <chrono>

namespace timeloom {

struct model_worker_options {
  int threads = 2;                        ///< batches on the device at once: one is computed, the next goes up
  std::chrono::milliseconds max_wait{20}; ///< of a picture, for its batch to fill
};

/// Serves the coordinator until it is gone; never returns. The process must have been started by an `analysis_link`.
[[noreturn]] void run_model_worker(model_lanes lanes, const model_worker_options& options);

} // namespace timeloom
