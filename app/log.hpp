/// Where the program's log goes. Once, before threads start.
#pragma once

#include "app/configuration.hpp"

namespace timeloom {

expected<void> start_log(const log_options& options);

} // namespace timeloom
