/// What a command line asks for together with its configuration file: which videos, which analyzers, with what
/// settings. For the commands that analyze or plan to. The command line beats the file, and the file the defaults.
#pragma once

#include "app/caption_arguments.hpp"
#include "app/configuration.hpp"

#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace timeloom {

/// As given on the command line; what is empty was not given.
struct choice_arguments {
  std::vector<std::string> videos;
  std::vector<std::string> analyzers;
  std::string config;
  std::string caption; ///< scene or frame
  caption_arguments captions;
};

struct analysis_choice {
  std::vector<std::string> videos;    ///< all different
  std::vector<std::string> analyzers; ///< catalog ids, in catalog order
  bool analyzers_named = false;       ///< by the user, so that a skipped one matters
  configuration settings;
};

/// Adds the options of `given`, which must live as long as `command`.
void add_choice_options(CLI::App& command, choice_arguments& given);

/// Reads the configuration file. A video that is named twice is chosen once, and standard error hears of it.
expected<analysis_choice> choose_analysis(const choice_arguments& given);

} // namespace timeloom
