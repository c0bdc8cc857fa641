/// The one order in which a timeline lists its events.
#pragma once

#include "timeline/event.hpp"

#include <span>
#include <string>
#include <vector>

namespace timeloom {

/// `events` of any analyzers, arrived in any order, sorted by start time, then by the place of their analyzer in
/// `catalog` (ids that are not in it come last, by name), then by frame. Events equal in all of these keep their order.
/// The result does not depend on how the analyzers' events were interleaved, as long as each analyzer's own come in
/// one order.
std::vector<event> merge(std::vector<event> events, std::span<const std::string> catalog);

} // namespace timeloom
