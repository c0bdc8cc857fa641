/// How a command finds the daemon of the same user: by the file that the daemon leaves in its state folder.
#pragma once

#include "app/configuration.hpp"
#include "serving/http_client.hpp"

namespace timeloom {

/// `not_found` when none runs, with where it was looked for.
expected<http_client_options> find_daemon(const configuration& settings);

} // namespace timeloom
