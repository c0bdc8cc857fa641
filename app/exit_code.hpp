/// What the program tells its caller.
#pragma once

#include <span>

namespace timeloom {

enum class exit_code : int {
  done = 0,
  wrong_use = 2,
  partial = 3, ///< some results, not all that was asked for
  failed = 4,
  interrupted = 130,
};

/// Of several videos: the worst code, but `partial` if any gave results.
inline exit_code combine(std::span<const exit_code> videos) {
  bool results = false, problems = false;
  exit_code worst = exit_code::done;
  for (const auto code : videos) {
    results |= code == exit_code::done || code == exit_code::partial;
    problems |= code != exit_code::done;
    if (code > worst)
      worst = code;
  }
  return worst != exit_code::interrupted && results && problems ? exit_code::partial : worst;
}

} // namespace timeloom
