#include "actors/worker_process.hpp"

#include "media/record_channel.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <set>
#include <sstream>
#include <sys/wait.h>
#include <thread>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// A shell that runs `script`.
worker_command shell(const std::string& script) {
  return {"/bin/sh", {"-c", script}, {}};
}

/// What a child writes to the descriptor it inherits as 3, until it ends.
std::string output_of(const worker_command& command, int surplus_descriptors = 0) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  const unique_fd reader{ends[0]};
  std::vector<unique_fd> inherited;
  inherited.emplace_back(ends[1]);
  for (int i = 0; i < surplus_descriptors; ++i)
    inherited.emplace_back(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  auto process = worker_process::start(command, std::move(inherited));
  REQUIRE(process);
  std::string text;
  std::array<char, 4096> buffer{};
  for (ssize_t count; (count = ::read(reader.get(), buffer.data(), buffer.size())) > 0;)
    text.append(buffer.data(), static_cast<std::size_t>(count));
  CHECK(process->end(5s) == "ended with status 0");
  return text;
}

bool exists(pid_t pid) {
  return ::kill(pid, 0) == 0;
}

} // namespace

TEST_CASE("how a process ended is told in words") {
  const auto ending = [](const std::string& script) {
    auto process = worker_process::start(shell(script), {});
    REQUIRE(process);
    return process->end(10s);
  };
  CHECK(ending("exit 0") == "ended with status 0");
  CHECK(ending("exit 70") == "ended with status 70");
  CHECK(ending("kill -9 $$") == "was killed by signal 9 (Killed)");
  CHECK(ending("kill -11 $$") == "was killed by signal 11 (Segmentation fault)");
}

TEST_CASE("a process that does not end by itself is stopped") {
  auto process = worker_process::start(shell("exec sleep 1000"), {});
  REQUIRE(process);
  const auto pid = process->pid();
  CHECK_FALSE(process->has_ended());
  CHECK(process->end(10ms) == "was stopped");
  CHECK_FALSE(process->is_running());
  CHECK_FALSE(exists(pid));
  CHECK(process->end() == "is not running");
}

TEST_CASE("a stopped process is ended as well") {
  auto process = worker_process::start(shell("kill -STOP $$"), {});
  REQUIRE(process);
  CHECK(process->end(50ms) == "was stopped");
}

TEST_CASE("a process that ended by itself is seen before it is reaped") {
  auto process = worker_process::start(shell("exit 3"), {});
  REQUIRE(process);
  for (int i = 0; i < 5000 && !process->has_ended(); ++i)
    std::this_thread::sleep_for(1ms);
  CHECK(process->has_ended());
  CHECK(process->is_running());
  CHECK(process->end() == "ended with status 3");
}

TEST_CASE("a child inherits its descriptors from 3 on, the three standard ones and nothing else") {
  // Open here and not closed on exec: it must not reach the child all the same.
  const unique_fd secret{::fcntl(STDERR_FILENO, F_DUPFD, 200)};
  REQUIRE(secret);
  // A shell lists its own descriptors without a program of its own, whose listing would need one more.
  const auto listed = output_of(shell("for fd in /proc/self/fd/*; do echo \"${fd##*/}\" >&3; done"), 1);
  std::istringstream words{listed};
  std::set<int> numbers;
  for (int number; words >> number;)
    numbers.insert(number);
  for (const int needed : {0, 1, 2, 3, 4})
    CHECK(numbers.contains(needed));
  // The glob itself reads the folder through one descriptor, which takes the next free number.
  numbers.erase(5);
  CHECK(numbers.size() == 5);
}

TEST_CASE("a child's standard input is empty, its signals are unblocked and it leads a group of its own") {
  CHECK(output_of(shell("cat >&3; echo end >&3")) == "end\n");

  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTERM);
  ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
  const auto told = output_of(shell("grep SigBlk /proc/self/status >&3; ps -o pgid= -p $$ >&3; echo $$ >&3"));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  std::istringstream words{told};
  std::string label, mask;
  pid_t group = 0, pid = -1;
  words >> label >> mask >> group >> pid;
  CHECK(mask == "0000000000000000");
  CHECK(group == pid);
}

TEST_CASE("a command's environment wins over the one that is inherited") {
  ::setenv("TIMELOOM_TEST_VARIABLE", "inherited", 1);
  ::setenv("TIMELOOM_TEST_OTHER", "kept", 1);
  auto command = shell("echo $TIMELOOM_TEST_VARIABLE $TIMELOOM_TEST_OTHER >&3");
  command.environment = {"TIMELOOM_TEST_VARIABLE=given"};
  CHECK(output_of(command) == "given kept\n");
}

TEST_CASE("the destructor kills and reaps") {
  pid_t pid = -1;
  {
    auto process = worker_process::start(shell("trap '' TERM; while :; do sleep 1; done"), {});
    REQUIRE(process);
    pid = process->pid();
    CHECK(exists(pid));
    worker_process other = std::move(*process);
    CHECK_FALSE(process->is_running());
    CHECK(other.pid() == pid);
  }
  CHECK_FALSE(exists(pid)); // a zombie would still be there
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

TEST_CASE("a program that is not there is an error with its name") {
  const auto process = worker_process::start({"/nowhere/timeloom", {}, {}}, {});
  REQUIRE_FALSE(process);
  CHECK(process.error().code == errc::io);
  CHECK(process.error().message == "cannot start /nowhere/timeloom: No such file or directory");
}
