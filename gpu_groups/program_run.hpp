/// One run of a program to its end, in finite time.
#pragma once

#include "core/error.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace timeloom {

struct program_run {
  int status = 0;     ///< exit status; 128 + the signal when one ended it
  std::string output; ///< standard output and error together, the first 4 KiB
};

/// Runs `program` with `arguments`, `input` on its standard input, and `environment` ("NAME=value") in place of the
/// same names of this process's own. What it leaves running may keep its output open. `errc::timeout` when it has not
/// ended after `timeout`; it is killed then. Any thread; blocks.
expected<program_run> run_program(const std::filesystem::path& program, const std::vector<std::string>& arguments,
                                  const std::vector<std::string>& environment, std::string_view input,
                                  std::chrono::milliseconds timeout);

} // namespace timeloom
