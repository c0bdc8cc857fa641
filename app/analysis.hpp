/// Runs the analyses of one call of the command line: starts the actors, submits the videos, writes what comes back.
#pragma once

#include "app/configuration.hpp"
#include "app/exit_code.hpp"
#include "app/progress_display.hpp"

#include <string>
#include <vector>

namespace timeloom {

struct analysis_call {
  std::vector<std::string> videos;    ///< at least one, all different
  std::vector<std::string> analyzers; ///< catalog ids, in catalog order
  bool analyzers_named = false;       ///< by the user, so that a skipped one matters
  configuration settings;
  progress_style progress = progress_style::lines;
};

/// Blocks until every video is over, or until SIGINT, SIGTERM or SIGHUP: then the workers are stopped and no file is
/// left half written.
exit_code run_analysis(const analysis_call& call);

} // namespace timeloom
