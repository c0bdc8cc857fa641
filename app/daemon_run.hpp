/// The process of `timeloom daemon`.
#pragma once

#include "app/exit_code.hpp"

#include <string>

namespace timeloom {

/// Runs until SIGTERM or SIGINT, which drain; SIGHUP reads the configuration file anew. With a configuration that
/// cannot be used only the page comes up, and tells why, until SIGHUP finds it mended. `config` may be empty: defaults.
exit_code run_daemon(const std::string& config);

} // namespace timeloom
