#include "app/pending_file.hpp"

#include "core/durable_file.hpp"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <filesystem>
#include <random>
#include <unistd.h>
#include <utility>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

fs::path folder_of(const std::string& path) {
  const auto folder = fs::path{path}.parent_path();
  return folder.empty() ? fs::path{"."} : folder;
}

/// Gives `from` the name `to`, which must be free: at once where the file system can, else by looking first.
bool rename_to_free_name(const std::string& from, const std::string& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0)
    return true;
  if (errno != EINVAL && errno != ENOSYS)
    return false;
  if (::access(to.c_str(), F_OK) == 0) {
    errno = EEXIST;
    return false;
  }
  return ::rename(from.c_str(), to.c_str()) == 0;
}

} // namespace

expected<pending_file> pending_file::create(std::string path) {
  pending_file file;
  std::random_device random;
  std::string name;
  for (int attempt = 0; attempt < 16; ++attempt) {
    name = (folder_of(path) / fmt::format(".timeloom-{:08x}.tmp", random())).string();
    file.fd_.reset(::open(name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.fd_) {
      file.path_ = std::move(path);
      file.temporary_path_ = std::move(name);
      return file;
    }
    if (errno != EEXIST)
      break;
  }
  return fail(errc::io, "cannot create {}: {}", name, errno_text(errno));
}

pending_file::pending_file(pending_file&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_path_(std::exchange(other.temporary_path_, {})),
      fd_(std::move(other.fd_)) {}

pending_file::~pending_file() {
  if (!temporary_path_.empty())
    ::unlink(temporary_path_.c_str());
}

expected<void> pending_file::keep(bool overwrite) {
  if (::fsync(fd_.get()) != 0)
    return fail(errc::io, "cannot write {} to disk: {}", path_, errno_text(errno));
  if (overwrite ? ::rename(temporary_path_.c_str(), path_.c_str()) != 0 : !rename_to_free_name(temporary_path_, path_))
    return fail(errc::io, "cannot write {}: {}", path_, errno_text(errno));
  temporary_path_.clear();
  return sync_folder(folder_of(path_).string());
}

} // namespace timeloom
