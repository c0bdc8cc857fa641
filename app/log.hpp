/// Where the program's log goes. Once, before threads start.
#pragma once

#include "app/configuration.hpp"

namespace timeloom {

expected<void> start_log(const log_options& options);

/// Opens the file of the log anew, if there is one: somebody has moved it away. Any thread.
expected<void> reopen_log(const log_options& options);

} // namespace timeloom
