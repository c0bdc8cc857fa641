/// The commands that ask a running daemon: submit, status, cancel, retry, logs.
#pragma once

#include "app/exit_code.hpp"

namespace CLI {
class App;
}

namespace timeloom {

/// `code` is set when one of them has run.
void add_client_commands(CLI::App& app, exit_code& code);

} // namespace timeloom
