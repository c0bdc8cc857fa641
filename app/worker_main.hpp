/// What the programs of workers have in common: they serve the coordinator that started them, or tell the doctor.
#pragma once

#include "actors/worker_process.hpp"
#include "app/console.hpp"
#include "app/exit_code.hpp"

#include <exception>
#include <fcntl.h>
#include <string_view>

namespace timeloom {

/// With `--doctor`, runs `doctor`, which prints what the program's libraries offer and says whether all is there.
/// Without arguments, runs `serve` on the descriptors that the coordinator gave. Gives the exit status.
inline int worker_main(int argc, char** argv, int (*serve)(), bool (*doctor)()) {
  try {
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
