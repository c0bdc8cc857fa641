#include "app/service_manager.hpp"

#include <systemd/sd-daemon.h>

namespace timeloom {

void tell_service_manager(const std::string& state) {
  ::sd_notify(0, state.c_str());
}

std::optional<std::chrono::milliseconds> watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0)
    return std::nullopt;
  return std::chrono::milliseconds{microseconds / 1000 / 3}; // two may be lost
}

} // namespace timeloom
