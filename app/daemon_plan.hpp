/// What a configuration means for the daemon. Plain functions; any thread.
#pragma once

#include "app/configuration.hpp"
#include "app/library_versions.hpp"
#include "app/model_plan.hpp"
#include "serving/daemon_setup.hpp"
#include "serving/folder_watch.hpp"
#include "serving/http_server.hpp"

#include <string>
#include <vector>

namespace timeloom {

/// The option, systemd's $STATE_DIRECTORY, or timeloom in $XDG_STATE_HOME or ~/.local/state. Absolute.
std::string state_folder(const daemon_options& options);

std::string journal_file(const std::string& state_dir);
std::string endpoint_file(const std::string& state_dir);
std::string token_file(const configuration& settings);

/// Two configurations with the same one analyze a video alike: 64 hex digits of the program's version, the analyzers
/// that run, their options and models, and what decodes for them. How many workers there are does not count.
std::string analysis_digest(const configuration& settings);

/// `media_workers` is how many there are, `libraries` what they and the analysis workers use.
daemon_setup plan_daemon(const configuration& settings, const model_plan& models, int media_workers,
                         const library_versions& libraries);

http_options plan_http(const configuration& settings);
watch_options plan_watch(const configuration& settings);

/// `wanted` as far as a running daemon can take it over; the rest stays as it is in `running`.
configuration without_restart(const configuration& running, configuration wanted);

/// By their paths.
std::vector<std::string> differing_options(const configuration& a, const configuration& b);

} // namespace timeloom
