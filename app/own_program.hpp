/// Where this program lies, to start workers from beside it.
#pragma once

#include <string>

namespace timeloom {

/// The absolute path of the running program.
std::string own_program();

/// The path of timeloom-model-worker, which is installed beside it; the file may be missing.
std::string model_worker_program();

} // namespace timeloom
