/// The one place where timeloom's errors and CAF's meet.
#pragma once

#include "core/error.hpp"

#include <caf/error.hpp>

namespace timeloom {

caf::error to_caf(const error& reason);

/// `errc::worker_lost` to somebody whose work need not be what the worker was lost over: free of charge. Within a
/// process.
caf::error blameless_loss(std::string message);
bool is_blameless(const caf::error& reason);

/// CAF's own errors get words too: a request without an answer is `errc::timeout`, a receiver that is gone
/// `errc::worker_lost`.
error from_caf(const caf::error& reason);

} // namespace timeloom
