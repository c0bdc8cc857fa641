/// A worker process: a program of ours, owned, and gone with its owner.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <chrono>
#include <string>
#include <sys/types.h>
#include <vector>

namespace timeloom {

/// How a worker finds what it inherited: the record channel, and for workers that speak it, the socket for BASP.
inline constexpr int worker_channel_fd = 3;
inline constexpr int worker_basp_fd = 4;

struct worker_command {
  std::string program;                  ///< path of the executable
  std::vector<std::string> arguments;   ///< without the program's name
  std::vector<std::string> environment; ///< "NAME=value", added to this process's own
};

/// One child process. Killed and reaped by the destructor. Move only; one thread at a time.
class worker_process {
public:
  /// Starts `command` with `descriptors` as 3, 4, ... and no others but standard error; standard
  /// input and output are /dev/null.
  static expected<worker_process> start(const worker_command& command, std::vector<unique_fd> descriptors);

  worker_process() = default;
  worker_process(worker_process&& other) noexcept;
  worker_process& operator=(worker_process&& other) noexcept;
  ~worker_process();

  pid_t pid() const { return pid_; }
  /// Whether there is a process that `end` was not called for.
  bool is_running() const { return pid_ > 0; }
  /// Whether that process has ended by itself.
  bool has_ended() const;

  /// Waits up to `patience` for it to end by itself and kills it then. Says in words how it ended ("was killed by
  /// signal 11 (Segmentation fault)"), or "was stopped" when it had to be killed here. One that the kernel holds after
  /// that is left to a thread.
  std::string end(std::chrono::milliseconds patience = {});

private:
  pid_t pid_ = -1;
};

} // namespace timeloom
