#include "serving/free_disk.hpp"

#include <limits>
#include <sys/statvfs.h>

namespace timeloom {

std::int64_t free_disk_bytes(const std::string& folder) {
  struct statvfs disk {};
  if (::statvfs(folder.c_str(), &disk) != 0)
    return std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(disk.f_bavail) * static_cast<std::int64_t>(disk.f_frsize);
}

} // namespace timeloom
