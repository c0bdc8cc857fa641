/// The command `timeloom daemon`.
#pragma once

#include "app/exit_code.hpp"

namespace CLI {
class App;
}

namespace timeloom {

/// `code` is set when the command has run.
void add_daemon_command(CLI::App& app, exit_code& code);

} // namespace timeloom
