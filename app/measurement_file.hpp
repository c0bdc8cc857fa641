/// Files in the cache folder that keep what was measured on this host between runs. Only ever hints: without them
/// everything runs as well. Any thread, while nobody changes the environment.
#pragma once

#include "core/error.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace timeloom {

/// timeloom/`name` in $CACHE_DIRECTORY, which systemd gives a service, $XDG_CACHE_HOME or ~/.cache.
std::string measurement_file(const std::string& name);

/// What the file holds; null when there is no file yet. Fails with `errc::io`, or `errc::invalid_config` for one that
/// is no JSON or too large.
expected<nlohmann::ordered_json> read_measurements(const std::string& path);

/// Replaces the file at once; makes its folder. Of two writers the last one wins. Fails with `errc::io`.
expected<void> write_measurements(const nlohmann::ordered_json& measurements, const std::string& path);

/// The error for a file at `path` that holds something else; `problem` says what.
error no_measurements(const std::string& path, const std::string& problem);

} // namespace timeloom
