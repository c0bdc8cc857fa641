/// Sums up files, so that the same video under another name is recognised without decoding it.
#pragma once

#include "serving/daemon_protocol.hpp"

#include <caf/typed_event_based_actor.hpp>

namespace timeloom {

hasher_actor::behavior_type content_hasher(hasher_actor::pointer self);

} // namespace timeloom
