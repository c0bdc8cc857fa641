/// Puts videos away beside the daemon's other work: one that goes to another disk takes as long as its copy.
#pragma once

#include "serving/daemon_protocol.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <stop_token>

namespace timeloom {

/// Once it is told to stop, a copy under way fails with `errc::cancelled`; asked again, it is made anew.
mover_actor::behavior_type video_mover(mover_actor::pointer self, const std::stop_token& stop);

} // namespace timeloom
