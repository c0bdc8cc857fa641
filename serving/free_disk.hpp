/// How much can still be written to a disk.
#pragma once

#include <cstdint>
#include <string>

namespace timeloom {

/// What is free for this process on the disk of a folder; the greatest number when it cannot be looked at. Any thread.
std::int64_t free_disk_bytes(const std::string& folder);

} // namespace timeloom
