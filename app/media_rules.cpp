#include "app/media_rules.hpp"

#include <algorithm>
#include <thread>

namespace timeloom {

namespace {

constexpr std::size_t decoders_a_gpu = 4; // sessions that keep its NVDEC engines busy

} // namespace

std::vector<decoder_rule> media_rules(const media_options& settings, std::size_t gpus) {
  const bool uses_gpus = gpus > 0 && settings.decoder != decoder_choice::software;
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  // Decoding scales over a few threads; a worker for every four cores keeps them busy without a frame's memory each.
  const auto in_software =
      uses_gpus && settings.decoder == decoder_choice::nvdec ? 0 : std::max<std::size_t>(1, (cores + 2) / 4);
  const auto all = settings.workers ? static_cast<std::size_t>(*settings.workers)
                                    : in_software + (uses_gpus ? decoders_a_gpu * gpus : 0);
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
