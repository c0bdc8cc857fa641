/// Sums up files, so that the same video under another name is recognised without decoding it.
#pragma once

#include "serving/daemon_protocol.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <stop_token>

namespace timeloom {

/// Once it is told to stop, a sum under way, and each that is asked for then, fails with `errc::cancelled`; with `io`
/// where the file cannot be read.
hasher_actor::behavior_type content_hasher(hasher_actor::pointer self, const std::stop_token& stop);

} // namespace timeloom
