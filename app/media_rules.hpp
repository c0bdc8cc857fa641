/// Which decoder each media worker of this host may use. Plain functions; any thread.
#pragma once

#include "app/configuration.hpp"
#include "media/decoder_speeds.hpp"

#include <cstddef>
#include <vector>

namespace timeloom {

/// One for each worker, as many as can be. The first ones decode in software, as many as the cores allow, and the
/// others on the GPUs, so that where many videos wait both do. The first of all has the choice while its video is
/// alone.
std::vector<decoder_rule> media_rules(const media_options& settings, std::size_t gpus);

/// How many of these workers may have a CUDA context on one of so many GPUs.
int decoders_on_each(const std::vector<decoder_rule>& rules, std::size_t gpus);

} // namespace timeloom
