/// Which decoder each media worker of this host may use. Plain functions; any thread.
#pragma once

#include "app/configuration.hpp"
#include "gpu_groups/gpu_device.hpp"
#include "media/decoder_speeds.hpp"

#include <span>
#include <vector>

namespace timeloom {

/// One for each worker, as many as can be: some for each of `gpus`, all of which can be used, and before them, unless
/// these run models, some in software, so that where many videos wait both decode. Models need the cores to be fed. The
/// first of all has the choice while its video is alone.
std::vector<decoder_rule> media_rules(const media_options& settings, std::span<const gpu_device> gpus,
                                      bool gpus_run_models);

/// How many of these workers may have a CUDA context on one of so many GPUs.
int decoders_on_each(const std::vector<decoder_rule>& rules, std::size_t gpus);

} // namespace timeloom
