/// What the parts of vlm_bench are made of: steps that must succeed, and their times.
#pragma once

#include "core/error.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <utility>

namespace timeloom {

using steady = std::chrono::steady_clock;

inline double seconds_since(steady::time_point start) {
  return std::chrono::duration<double>(steady::now() - start).count();
}

/// What was made; ends the program with the reason where nothing was.
template <class T>
T must(expected<T> made) {
  if (!made) {
    std::cerr << "vlm_bench: " << made.error().message << "\n";
    std::exit(1);
  }
  return std::move(*made);
}

} // namespace timeloom
