/// Runs the analyses of one call of the command line: starts the actors, submits the videos, writes what comes back.
#pragma once

#include "app/analysis_choice.hpp"
#include "app/exit_code.hpp"
#include "app/progress_display.hpp"

namespace timeloom {

/// With at least one video.
struct analysis_call : analysis_choice {
  progress_style progress = progress_style::lines;
  bool stats = false;      ///< print what the workers and GPUs did
  bool standalone = false; ///< not by a daemon, even if one runs
  std::string render;      ///< folder for annotated videos and contact sheets; empty: none are made
};

/// Blocks until every video is over, or until SIGINT, SIGTERM or SIGHUP: then the workers are stopped and no file is
/// left half written.
exit_code run_analysis(const analysis_call& call);

} // namespace timeloom
