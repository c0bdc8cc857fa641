#include "serving/seen_file.hpp"

#include <cerrno>
#include <cstdlib>

namespace timeloom {

file_version version_of(const struct stat& status) {
  return {.bytes = static_cast<std::int64_t>(status.st_size),
          .modified_ns = static_cast<std::int64_t>(status.st_mtim.tv_sec) * 1'000'000'000 + status.st_mtim.tv_nsec,
          .inode = static_cast<std::uint64_t>(status.st_ino)};
}

bool looks_like(const file_version& a, const file_version& b) {
  constexpr std::int64_t coarsest_ns = 2'000'000'000;
  return a.bytes == b.bytes && std::abs(a.modified_ns - b.modified_ns) <= coarsest_ns;
}

expected<seen_file> look_at(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0)
    return fail(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io, "cannot look at {}: {}", path,
                errno_text(errno));
  if (!S_ISREG(status.st_mode))
    return fail(errc::not_allowed, "{} is not a regular file", path);
  return seen_file{path, version_of(status)};
}

} // namespace timeloom
