#include "gpu_groups/gpu_sampler.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

void sampled_figure::record(double value) {
  ++samples;
  sum += value;
  largest = std::max(largest, value);
}

gpu_sampler::gpu_sampler(nvml library, const std::vector<gpu_device>& devices) : library_(std::move(library)) {
  for (const auto& device : devices)
    usage_.push_back({device});
}

void gpu_sampler::sample() {
  for (auto& one : usage_) {
    const auto load = library_.load(one.device.uuid);
    one.problem = load ? std::nullopt : std::optional{load.error()};
    if (!load)
      continue;
    if (load->gpu_percent)
      one.gpu_percent.record(*load->gpu_percent);
    if (load->decoder_percent)
      one.decoder_percent.record(*load->decoder_percent);
    one.used_bytes.record(static_cast<double>(load->used_bytes));
  }
}

void gpu_sampler::clear() {
  for (auto& one : usage_)
    one = {one.device};
}

} // namespace timeloom
