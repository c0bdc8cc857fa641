/// What of a configuration that cannot be used is good enough to tell so, where the operator looks for it.
#pragma once

#include "app/configuration.hpp"

#include <string>

namespace timeloom {

/// The groups `daemon`, `http` and `log` of the file at `path`, each whole or, when anything in it is wrong, as by
/// default; everything else is as by default.
configuration readable_groups(const std::string& path);

/// The same, from the text of a file.
configuration parse_readable_groups(const std::string& text);

} // namespace timeloom
