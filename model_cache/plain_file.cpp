#include "model_cache/plain_file.hpp"

#include "core/durable_file.hpp"
#include "core/sha256.hpp"
#include "core/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <sys/stat.h>
#include <vector>

namespace timeloom {

namespace {

namespace fs = std::filesystem;

expected<unique_fd> open_plain_file(const std::string& path, std::string_view what) {
  // Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
  unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
  if (!file && (errno == ENOENT || errno == ENOTDIR))
    return fail(errc::not_found, "{} not found: {}", what, path);
  struct stat status = {};
  if (!file || ::fstat(file.get(), &status) != 0)
    return fail(errc::io, "cannot open the {} {}: {}", what, path, errno_text(errno));
  if (!S_ISREG(status.st_mode))
    return fail(errc::io, "the {} {} is {}", what, path, S_ISDIR(status.st_mode) ? "a folder" : "not a regular file");
  return file;
}

/// Reads up to `size` bytes; 0 at the end.
expected<std::size_t> read_some(const unique_fd& file, void* into, std::size_t size, const std::string& path,
                                std::string_view what) {
  for (;;) {
    const ssize_t count = ::read(file.get(), into, size);
    if (count >= 0)
      return static_cast<std::size_t>(count);
    if (errno != EINTR)
      return fail(errc::io, "cannot read the {} {}: {}", what, path, errno_text(errno));
  }
}

} // namespace

expected<std::string> read_plain_file(const std::string& path, std::string_view what, std::size_t most_bytes) {
  const auto file = open_plain_file(path, what);
  if (!file)
    return tl::unexpected{file.error()};
  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto count = read_some(*file, text.data() + size, text.size() - size, path, what);
    if (!count)
      return tl::unexpected{count.error()};
    if (*count == 0)
      break;
    size += *count;
  }
  if (size > most_bytes)
    return fail(errc::invalid_config, "the {} {} is larger than {} bytes", what, path, most_bytes);
  text.resize(size);
  return text;
}

expected<void> check_plain_file(const std::string& path, std::string_view what) {
  return open_plain_file(path, what).map([](const unique_fd&) {});
}

std::int64_t plain_file_bytes(const std::string& path) {
  std::error_code problem;
  const auto size = fs::file_size(path, problem);
  return problem ? 0 : static_cast<std::int64_t>(size);
}

expected<std::string> sha256_of_plain_file(const std::string& path, std::string_view what) {
  const auto file = open_plain_file(path, what);
  if (!file)
    return tl::unexpected{file.error()};
  sha256 sum;
  for (std::string piece(1 << 20, '\0');;) {
    const auto count = read_some(*file, piece.data(), piece.size(), path, what);
    if (!count)
      return tl::unexpected{count.error()};
    if (*count == 0)
      return sum.hex();
    sum.add({piece.data(), *count});
  }
}

expected<void> replace_plain_file(const std::string& path, const std::string& text) {
  std::error_code problem;
  const fs::path target = fs::weakly_canonical(path, problem);
  if (problem)
    return fail(errc::io, "cannot write {}: {}", path, problem.message());
  struct stat before = {};
  const bool existed = ::stat(target.c_str(), &before) == 0;
  std::string made = target.string() + ".XXXXXX";
  const unique_fd file{::mkostemp(made.data(), O_CLOEXEC)};
  if (!file)
    return fail(errc::io, "cannot create a file beside {}: {}", path, errno_text(errno));
  auto written = write_durably(file.get(), text, path);
  if (written && (::fchmod(file.get(), existed ? before.st_mode & 07777 : 0644) != 0 ||
                  ::rename(made.c_str(), target.c_str()) != 0))
    written = fail(errc::io, "cannot write {}: {}", path, errno_text(errno));
  if (!written) {
    ::unlink(made.c_str());
    return written;
  }
  if (const unique_fd folder{::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)})
    ::fsync(folder.get());
  return {};
}

} // namespace timeloom
