#include "gpu_groups/program_run.hpp"

#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"

#include <csignal>

namespace timeloom {

using namespace std::chrono_literals;

TEST_CASE("a program gets its arguments, input and environment, and gives its words and status") {
  const set_variable own{"TIMELOOM_A", "own"}, other{"TIMELOOM_B", "kept"};
  const auto run =
      run_program("/bin/sh", {"-c", R"(read word; echo "$word $TIMELOOM_A"; echo "$TIMELOOM_B" >&2; exit 5)"},
                  {"TIMELOOM_A=given"}, "hello\n", 10s);
  REQUIRE(run);
  CHECK(run->status == 5);
  CHECK(run->output == "hello given\nkept\n");
}

TEST_CASE("what a program leaves running with its output open is not waited for") {
  const auto run = run_program("/bin/sh", {"-c", "sleep 10 & echo $!"}, {}, "", 10s);
  REQUIRE(run);
  const pid_t left = std::stoi(run->output);
  CHECK(::kill(left, SIGKILL) == 0);
}

TEST_CASE("a signal counts as a status of 128 and more") {
  const auto run = run_program("/bin/sh", {"-c", "kill -9 $$"}, {}, "", 10s);
  REQUIRE(run);
  CHECK(run->status == 137);
}

TEST_CASE("a program that is not there cannot be started") {
  const auto run = run_program("/nowhere/program", {}, {}, "", 10s);
  REQUIRE_FALSE(run);
  CHECK(run.error().message == "cannot start /nowhere/program: No such file or directory");
}

} // namespace timeloom
