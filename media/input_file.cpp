#include "media/input_file.hpp"

#include <array>
#include <cctype>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>

namespace timeloom {

namespace {

bool looks_like_url(const std::string& path) {
  const auto colon = path.find("://");
  if (colon == std::string::npos || colon == 0)
    return false;
  for (std::size_t i = 0; i < colon; ++i)
    if (std::isalnum(static_cast<unsigned char>(path[i])) == 0 && path[i] != '+' && path[i] != '-' && path[i] != '.')
      return false;
  return true;
}

expected<std::string> path_of(const unique_fd& fd) {
  std::array<char, PATH_MAX> target{};
  const auto length = ::readlink(fmt::format("/proc/self/fd/{}", fd.get()).c_str(), target.data(), target.size() - 1);
  if (length < 0)
    return fail(errc::io, "cannot find where descriptor {} leads: {}", fd.get(), errno_text(errno));
  return std::string{target.data(), static_cast<std::size_t>(length)};
}

bool is_beneath(const std::string& path, const std::string& folder) {
  return folder == "/" || path == folder ||
         (path.starts_with(folder) && path.size() > folder.size() && path[folder.size()] == '/');
}

std::string_view describe(mode_t mode) {
  if (S_ISFIFO(mode))
    return "a FIFO";
  if (S_ISSOCK(mode))
    return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode))
    return "a device";
  return "not a regular file";
}

} // namespace

expected<input_file> open_input(const std::string& path, const std::string& root) {
  // The type is looked at before opening, because opening a device can have effects; and again on the descriptor.
  struct stat before {};
  if (::stat(path.c_str(), &before) != 0) {
    if (looks_like_url(path))
      return fail(errc::not_allowed, "{} is a URL; timeloom reads files and folders of images only: download it first",
                  path);
    return fail(errno == ENOENT || errno == ENOTDIR ? errc::not_found : errc::io, "cannot open {}: {}", path,
                errno_text(errno));
  }
  if (!S_ISREG(before.st_mode) && !S_ISDIR(before.st_mode))
    return fail(errc::not_allowed, "{} is {}; timeloom reads regular files and folders of images", path,
                describe(before.st_mode));

  input_file input;
  input.fd.reset(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (!input.fd)
    return fail(errc::io, "cannot open {}: {}", path, errno_text(errno));
  struct stat status {};
  if (::fstat(input.fd.get(), &status) != 0)
    return fail(errc::io, "cannot read the size of {}: {}", path, errno_text(errno));
  if (!S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode))
    return fail(errc::not_allowed, "{} is {}; timeloom reads regular files and folders of images", path,
                describe(status.st_mode));

  auto real = path_of(input.fd);
  if (!real)
    return tl::unexpected{real.error()};
  input.real_path = std::move(*real);
  if (!root.empty()) {
    const std::unique_ptr<char, decltype(&std::free)> real_root{::realpath(root.c_str(), nullptr), &std::free};
    if (!real_root)
      return fail(errc::invalid_config, "the allowed root {} cannot be used: {}", root, errno_text(errno));
    if (!is_beneath(input.real_path, real_root.get()))
      return fail(errc::not_allowed, "{} leads to {}, which is outside the allowed root {}", path, input.real_path,
                  root);
  }
  input.is_folder = S_ISDIR(status.st_mode);
  input.bytes = input.is_folder ? 0 : static_cast<std::int64_t>(status.st_size);
  if (!input.is_folder && input.bytes == 0)
    return fail(errc::corrupt_media, "{} is empty", path);
  return input;
}

} // namespace timeloom
