#include "core/file_version.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace timeloom {

std::string file_version(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0)
    return "none";
  return fmt::format("{} bytes of {}.{:09}", file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec);
}

} // namespace timeloom
