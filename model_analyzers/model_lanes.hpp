/// The table of analyzers of a model worker: which models serve which of them, on one device, from one cache.
#pragma once

#include "analyzers/batch_analyzer.hpp"
#include "core/error.hpp"
#include "model_cache/manifest.hpp"

#include <cstdint>
#include <map>
#include <string>

namespace timeloom {

struct model_lane_options {
  std::string manifest;                                   ///< path of models.yaml
  std::string device = "cpu";                             ///< or "cuda:0"
  std::map<std::string, int> batch_sizes;                 ///< the analyzers to run, by id
  std::int64_t budget_bytes = 0;                          ///< of the device's memory
  std::int64_t host_budget_bytes = 0;                     ///< for models that left the device
  std::int64_t caption_budget_bytes = 0;                  ///< what scene_caption may take of the device's
  model_dtype caption_precision = model_dtype::automatic; ///< what it computes in; automatic: as the manifest says
  bool logs_captions = false;                             ///< what each took, on standard error
};

/// Loads nothing yet. Fails when the manifest cannot be used, or has no model for one of the analyzers.
expected<model_lanes> make_model_lanes(const model_lane_options& options);

} // namespace timeloom
