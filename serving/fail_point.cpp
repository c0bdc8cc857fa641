#include "serving/fail_point.hpp"

#ifdef TIMELOOM_FAIL_POINTS
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <unistd.h>

namespace timeloom {

void fail_point(fail_point_name name) {
  static std::atomic<int> passes = 0;
  const char* const variable = std::getenv("TIMELOOM_FAIL_POINT");
  if (variable == nullptr)
    return;
  const std::string_view wanted{variable};
  const auto colon = wanted.find(':');
  if (wanted.substr(0, colon) != name.text())
    return;
  const int pass = colon == std::string_view::npos ? 1 : std::atoi(variable + colon + 1);
  if (++passes == pass)
    ::kill(::getpid(), SIGKILL);
}

} // namespace timeloom
#endif
