/// Looks at a batch so that as many of its pictures as possible give finds.
#pragma once

#include "analyzers/batch_analyzer.hpp"

#include <functional>
#include <span>
#include <vector>

namespace timeloom {

/// Finds, or why there are none, for each of `frames`. A batch that does not fit the memory is halved, down to single
/// pictures, and `too_large` hears of the size that failed; one that fails otherwise is halved as well until the
/// pictures that make it fail stand alone. What a library throws counts as a failure.
std::vector<expected<picture_finds>> look_at_all(batch_analyzer& analyzer, std::span<const sampled_frame> frames,
                                                 const std::function<void(std::size_t)>& too_large);

} // namespace timeloom
