/// The options of scene_caption on a command line. They beat the configuration's.
#pragma once

#include "app/configuration.hpp"

#include <string>

namespace CLI {
class App;
}

namespace timeloom {

/// As given; what is empty or 0 was not given.
struct caption_arguments {
  std::string prompt;
  int max_new_tokens = 0;
  int max_tiles = 0;
  int batch_size = 0;
  int max_batch_size = 0;
  double gpu_memory_fraction = 0;
  std::string precision;
};

/// Adds the options of `given`, which must live as long as `command`.
void add_caption_options(CLI::App& command, caption_arguments& given);

void apply(const caption_arguments& given, configuration& settings);

} // namespace timeloom
