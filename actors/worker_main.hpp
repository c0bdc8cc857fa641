/// The life of a worker process that speaks BASP: connect, register, serve until the coordinator is gone.
#pragma once

#include "actors/protocol.hpp"
#include "actors/ring_inbox.hpp"

#include <caf/actor_system.hpp>
#include <functional>
#include <string>

namespace timeloom {

/// Registers what `spawn_worker` gives with the coordinator on the inherited descriptors. Ends the process: with 0 once
/// the coordinator is gone, with 70 when it does not accept the worker. `role` is the name in messages.
[[noreturn]] void serve_coordinator(
    const std::string& role,
    const std::function<analysis_worker_actor(caf::actor_system& system, ring_inbox& rings)>& spawn_worker);

} // namespace timeloom
