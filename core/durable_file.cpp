#include "core/durable_file.hpp"

#include "core/unique_fd.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace timeloom {

bool write_bytes(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

expected<void> write_all(int fd, std::string_view bytes, const std::string& path) {
  if (!write_bytes(fd, bytes))
    return fail(errc::io, "cannot write {}: {}", path, errno_text(errno));
  return {};
}

expected<void> write_durably(int fd, std::string_view bytes, const std::string& path) {
  if (auto written = write_all(fd, bytes, path); !written)
    return written;
  if (::fsync(fd) != 0)
    return fail(errc::io, "cannot write {} to disk: {}", path, errno_text(errno));
  return {};
}

expected<void> write_file_durably(const std::string& path, std::string_view bytes, unsigned mode) {
  const unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode)};
  if (!fd)
    return fail(errc::io, "cannot create {}: {}", path, errno_text(errno));
  auto written = write_durably(fd.get(), bytes, path);
  if (!written)
    ::unlink(path.c_str());
  return written;
}

expected<void> sync_file(const std::string& path) {
  const unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::fsync(file.get()) != 0)
    return fail(errc::io, "cannot write {} to disk: {}", path, errno_text(errno));
  return {};
}

expected<void> sync_folder(const std::string& path) {
  const unique_fd entries{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!entries || (::fsync(entries.get()) != 0 && errno != EINVAL)) // some file systems have nothing to sync
    return fail(errc::io, "cannot write the folder {} to disk: {}", path, errno_text(errno));
  return {};
}

} // namespace timeloom
