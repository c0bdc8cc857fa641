/// What systemd wants to know of a service (sd_notify). Without systemd all of it does nothing. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace timeloom {

void tell_service_manager(const std::string& state); ///< such as "READY=1\nSTATUS=..."

/// How often it wants to hear that the program is well, if it does.
std::optional<std::chrono::milliseconds> watchdog_interval();

} // namespace timeloom
