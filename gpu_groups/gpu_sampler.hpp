/// How busy GPUs were over a time, from what NVML showed now and then.
///
/// One owner, one thread, which calls `sample` as often as it likes; NVML's own sample period is 1/6 s to 1 s.
#pragma once

#include "gpu_groups/nvml.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace timeloom {

/// Of the samples that showed it.
struct sampled_figure {
  int samples = 0;
  double sum = 0;
  double largest = 0;

  void record(double value);
  double mean() const { return samples > 0 ? sum / samples : 0; }
};

struct gpu_usage {
  gpu_device device;
  sampled_figure gpu_percent;     ///< of the time in which a kernel ran
  sampled_figure decoder_percent; ///< of NVDEC
  sampled_figure used_bytes;      ///< of all processes, ours or not
  std::optional<error> problem;   ///< of the last sample
};

class gpu_sampler {
public:
  /// Without devices, `sample` does nothing.
  gpu_sampler(nvml library, const std::vector<gpu_device>& devices);

  void sample();
  /// Forgets what was sampled.
  void clear();

  const std::vector<gpu_usage>& usage() const { return usage_; }

private:
  nvml library_;
  std::vector<gpu_usage> usage_;
};

} // namespace timeloom
