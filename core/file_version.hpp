/// Whether a file is still the one that it was, without reading it. Any thread.
#pragma once

#include <string>

namespace timeloom {

/// A text that changes when the file is written or replaced: its size and time; "none" when it is not there.
std::string file_version(const std::string& path);

} // namespace timeloom
