/// What the programs of workers have in common: they serve the coordinator that started them, tell the doctor, or tell
/// what the finds of their analyzers depend on.
#pragma once

#include "actors/worker_process.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"

#include <exception>
#include <fcntl.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

/// With `--doctor`, runs `doctor`, which prints what the program's libraries offer and says whether all is there.
/// With `--versions`, prints what `versions` gives for the words that follow, a line an analyzer
/// (app/library_versions.hpp). Without arguments, runs `serve` on the descriptors that the coordinator gave. Gives the
/// exit status.
inline int
worker_main(int argc, char** argv, int (*serve)(), bool (*doctor)(),
            std::map<std::string, std::string> (*versions)(const std::vector<std::string>& words) = nullptr) {
  try {
    if (argc >= 2 && versions != nullptr && std::string_view{argv[1]} == "--versions") {
      for (const auto& [analyzer, text] : versions({argv + 2, argv + argc}))
        say(stdout, "{} {}\n", analyzer, text);
      return static_cast<int>(exit_code::done);
    }
    if (argc == 2 && std::string_view{argv[1]} == "--doctor")
      return static_cast<int>(doctor() ? exit_code::done : exit_code::failed);
    if (argc == 1 && ::fcntl(worker_channel_fd, F_GETFD) >= 0)
      return serve();
    say(stderr, "{} is started by timeloom; by itself it only knows --doctor\n", argv[0]);
    return static_cast<int>(exit_code::wrong_use);
  } catch (const std::exception& fault) {
    say(stderr, "{}: {}\n", argv[0], fault.what());
    return static_cast<int>(exit_code::failed);
  }
}

} // namespace timeloom
