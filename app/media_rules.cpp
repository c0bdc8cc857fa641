#include "app/media_rules.hpp"

#include <algorithm>
#include <cstdint>
#include <thread>

namespace timeloom {

namespace {

constexpr std::int64_t most_decoders_a_gpu = 8; // sessions that keep the NVDEC engines of the largest busy
constexpr std::int64_t bytes_a_decoder = std::int64_t{4} << 30; // of a GPU's memory, of which it takes a part
constexpr std::size_t cores_a_gpu = 5;                          // of those that feed it

std::size_t decoders_of(const gpu_device& gpu) {
  return static_cast<std::size_t>(std::clamp<std::int64_t>(gpu.total_bytes / bytes_a_decoder, 1, most_decoders_a_gpu));
}

} // namespace

std::vector<decoder_rule> media_rules(const media_options& settings, std::span<const gpu_device> gpus,
                                      bool gpus_run_models) {
  const bool uses_gpus = !gpus.empty() && settings.decoder != decoder_choice::software;
  const bool on_gpus_only = uses_gpus && (settings.decoder == decoder_choice::nvdec || gpus_run_models);
  const std::size_t all_cores = std::max(1U, std::thread::hardware_concurrency());
  const auto cores = all_cores - std::min(all_cores, uses_gpus ? cores_a_gpu * gpus.size() : 0);
  // Decoding scales over a few threads; a worker for every four cores keeps them busy without a frame's memory each.
  const auto in_software = on_gpus_only ? 0 : std::max<std::size_t>(1, (cores + 2) / 4);
  auto all = in_software;
  for (const auto& gpu : gpus)
    all += uses_gpus ? decoders_of(gpu) : 0;
  if (settings.workers)
    all = static_cast<std::size_t>(*settings.workers);
  std::vector rules(std::min(in_software, all), decoder_rule::software);
  rules.resize(all, uses_gpus ? decoder_rule::nvdec : decoder_rule::software);
  if (uses_gpus && settings.decoder == decoder_choice::automatic)
    rules.front() = decoder_rule::measured;
  return rules;
}

int decoders_on_each(const std::vector<decoder_rule>& rules, std::size_t gpus) {
  const auto on_gpus = static_cast<std::size_t>(
      std::count_if(rules.begin(), rules.end(), [](auto rule) { return rule != decoder_rule::software; }));
  return gpus == 0 ? 0 : static_cast<int>((on_gpus + gpus - 1) / gpus);
}

} // namespace timeloom
