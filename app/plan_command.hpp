/// `timeloom plan`: which analyzer runs where, before anything is started.
#pragma once

#include "app/analysis_choice.hpp"
#include "app/exit_code.hpp"

namespace timeloom {

/// Adds the command to `app`; when it is called, it runs while the line is parsed and sets `code`.
void add_plan_command(CLI::App& app, exit_code& code);

/// What the command prints. Looks at the GPUs and the manifest of models, and starts nothing. Fails when the manifest
/// cannot be used.
expected<std::string> plan_text(const analysis_choice& choice);

} // namespace timeloom
