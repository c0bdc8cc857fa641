/// The one place where timeloom's errors and CAF's meet.
#pragma once

#include "core/error.hpp"

#include <caf/error.hpp>

namespace timeloom {

caf::error to_caf(const error& reason);

/// CAF's own errors get words too: a request without an answer is `errc::timeout`, a receiver that is gone
/// `errc::worker_lost`.
error from_caf(const caf::error& reason);

} // namespace timeloom
