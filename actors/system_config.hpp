/// How every process of timeloom sets up CAF.
#pragma once

#include <caf/actor_system_config.hpp>

namespace timeloom {

/// Programmatic only: no configuration file of CAF's is read. Shared work queue and no middleman threads, measured
/// faster than CAF's defaults for few actors that exchange few messages.
struct system_config : caf::actor_system_config {
  system_config();
};

} // namespace timeloom
