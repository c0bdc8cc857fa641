/// What the workers and the GPUs did in a run, for people and for programs. Plain functions; any thread.
#pragma once

#include "actors/protocol.hpp"
#include "gpu_groups/gpu_sampler.hpp"

#include <string>
#include <vector>

namespace timeloom {

struct run_statistics {
  metrics_report workers;
  std::vector<gpu_usage> gpus;
};

/// A table for each worker that was started and one for the GPUs, in plain lines of 80 characters. What is 0 is left
/// out. The words are the names of the metrics, so that new ones need nothing here.
std::string statistics_table(const run_statistics& all);

/// The same as one JSON object on one line, with the metrics' own names: {"type": "stats", "workers": [...],
/// "gpus": [...]}.
std::string statistics_json(const run_statistics& all);

} // namespace timeloom
