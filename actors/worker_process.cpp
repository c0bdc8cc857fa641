#include "actors/worker_process.hpp"

#include "core/c_strings.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <spawn.h>
#include <string_view>
#include <sys/wait.h>
#include <thread>
#include <utility>

extern char** environ; // NOLINT: POSIX

namespace timeloom {

namespace {

constexpr auto kill_patience = std::chrono::seconds{2};

std::string in_words(int status) {
  if (WIFSIGNALED(status))
    return fmt::format("was killed by signal {} ({})", WTERMSIG(status), ::strsignal(WTERMSIG(status)));
  return fmt::format("ended with status {}", WEXITSTATUS(status));
}

} // namespace

// NOLINTNEXTLINE(performance-unnecessary-value-param): they are this call's to close
expected<worker_process> worker_process::start(const worker_command& command, std::vector<unique_fd> descriptors) {
  // Out of the way of the numbers they get in the child.
  std::vector<unique_fd> sources;
  for (const auto& descriptor : descriptors) {
    sources.emplace_back(::fcntl(descriptor.get(), F_DUPFD_CLOEXEC, 64));
    if (!sources.back())
      return fail(errc::io, "no descriptor for a worker: {}", errno_text(errno));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0); // ours to speak on
  int next = worker_channel_fd;
  for (const auto& source : sources)
    posix_spawn_file_actions_adddup2(&actions, source.get(), next++);
  posix_spawn_file_actions_addclosefrom_np(&actions, next);

  // A group of its own, so that Ctrl-C reaches the coordinator alone; no signal of ours blocked.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> arguments{command.program};
  arguments.insert(arguments.end(), command.arguments.begin(), command.arguments.end());
  // Each name once: which of two a program sees is up to the program.
  std::vector<std::string> environment = command.environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view inherited{*variable};
    const auto name = inherited.substr(0, inherited.find('=') + 1);
    if (std::none_of(command.environment.begin(), command.environment.end(),
                     [&](const auto& given) { return given.starts_with(name); }))
      environment.emplace_back(inherited);
  }

  worker_process process;
  const int result = ::posix_spawn(&process.pid_, command.program.c_str(), &actions, &attributes,
                                   c_strings(arguments).data(), c_strings(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (result != 0) {
    process.pid_ = -1;
    return fail(errc::io, "cannot start {}: {}", command.program, errno_text(result));
  }
  return process;
}

worker_process::worker_process(worker_process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}

worker_process& worker_process::operator=(worker_process&& other) noexcept {
  std::swap(pid_, other.pid_);
  return *this;
}

worker_process::~worker_process() {
  if (is_running())
    end();
}

bool worker_process::has_ended() const {
  siginfo_t info{};
  return is_running() && ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         info.si_pid == pid_;
}

std::string worker_process::end(std::chrono::milliseconds patience) {
  if (!is_running())
    return "is not running";
  int status = 0;
  const auto wait = [&](int flags) {
    pid_t ended;
    do
      ended = ::waitpid(pid_, &status, flags);
    while (ended < 0 && errno == EINTR);
    return ended == pid_;
  };
  const auto ends_within = [&](std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (!wait(WNOHANG)) {
      if (std::chrono::steady_clock::now() >= deadline)
        return false;
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
    return true;
  };
  const bool by_itself = ends_within(patience);
  if (!by_itself) {
    ::kill(pid_, SIGKILL);
    if (!ends_within(kill_patience)) // a driver or a dead file system holds it; nobody else is to wait for that
      std::thread{[pid = pid_] { ::waitpid(pid, nullptr, 0); }}.detach();
  }
  pid_ = -1;
  return by_itself ? in_words(status) : "was stopped";
}

} // namespace timeloom
