/// Files in the cache folder that keep what was measured on this host between runs. Only ever hints: without them
/// everything runs as well. Any thread, while nobody changes the environment.
#pragma once

#include "core/error.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace timeloom {

/// timeloom/`name` in $CACHE_DIRECTORY, which systemd gives a service, $XDG_CACHE_HOME or ~/.cache.
std::string measurement_file(const std::string& name);

/// Gives each of the members of the object `list` in the file to `take`, by name; nothing when there is no file yet.
/// `take` may let an exception of the JSON library out. Fails with `errc::io`, `errc::invalid_config` for a file that
/// is no JSON, too large or holds something else, or as `take` did.
expected<void>
read_measurements(const std::string& path, const char* list,
                  const std::function<expected<void>(const std::string& name, const nlohmann::ordered_json&)>& take);

/// Replaces the file at once; makes its folder. Of two writers the last one wins. Fails with `errc::io`.
expected<void> write_measurements(const nlohmann::ordered_json& measurements, const std::string& path);

/// The error for a file at `path` that holds something else; `problem` says what.
error no_measurements(const std::string& path, const std::string& problem);

} // namespace timeloom
