#include "gpu_groups/program_run.hpp"

#include "core/c_strings.hpp"
#include "core/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>

extern char** environ; // NOLINT: POSIX

namespace timeloom {

namespace {

std::vector<std::string> with_own(std::vector<std::string> environment) {
  const auto given = environment.size();
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view own{*variable};
    const auto name = own.substr(0, own.find('=') + 1);
    if (std::none_of(environment.begin(), environment.begin() + static_cast<std::ptrdiff_t>(given),
                     [&](const auto& each) { return each.starts_with(name); }))
      environment.emplace_back(own);
  }
  return environment;
}

/// Memory files and no pipes: a daemon that keeps its output open must not keep us waiting.
unique_fd memory_file(const char* name) {
  return unique_fd{::memfd_create(name, MFD_CLOEXEC)};
}

/// The status of `pid`, reaped; false when it is still running after `timeout`.
bool wait_for(pid_t pid, int& status, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (::waitpid(pid, &status, WNOHANG) != pid) {
    if (std::chrono::steady_clock::now() >= deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

} // namespace

expected<program_run> run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment, std::string_view input,
                                  std::chrono::milliseconds timeout) {
  const auto in = memory_file("input"), out = memory_file("output");
  if (!in || !out || ::pwrite(in.get(), input.data(), input.size(), 0) != static_cast<ssize_t>(input.size()))
    return fail(errc::io, "no memory file to start {}: {}", program.string(), errno_text(errno));

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.get(), STDERR_FILENO);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0); // Ctrl-C is not for a daemon that it starts
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);

  std::vector<std::string> command{program.string()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  auto all_variables = with_own(environment);
  pid_t pid = -1;
  const int problem = ::posix_spawn(&pid, program.c_str(), &actions, &attributes, c_strings(command).data(),
                                    c_strings(all_variables).data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (problem != 0)
    return fail(errc::io, "cannot start {}: {}", program.string(), errno_text(problem));

  int status = 0;
  if (!wait_for(pid, status, timeout)) {
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, &status, 0);
    return fail(errc::timeout, "{} did not end within {} ms", program.string(), timeout.count());
  }
  program_run run{.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status)};
  run.output.resize(4096);
  run.output.resize(static_cast<std::size_t>(std::max<ssize_t>(0, ::pread(out.get(), run.output.data(), 4096, 0))));
  return run;
}

} // namespace timeloom
