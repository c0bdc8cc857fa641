/// `timeloom describe`: says of images what is to be seen in them.
#pragma once

#include "app/exit_code.hpp"

namespace CLI {
class App;
}

namespace timeloom {

/// Adds the command to `app`; when it is called, it runs while the line is parsed and sets `code`.
void add_describe_command(CLI::App& app, exit_code& code);

} // namespace timeloom
