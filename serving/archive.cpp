#include "serving/archive.hpp"

#include "core/durable_file.hpp"
#include "core/short_name.hpp"
#include "core/unique_fd.hpp"
#include "serving/folder_walk.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <vector>

namespace timeloom {

namespace {

constexpr int most_names = 10000;

/// An open folder and what it is called.
struct place {
  unique_fd fd;
  std::string path;
};

enum class if_missing : std::uint8_t { is_error, make };
enum class is_ours : bool { no, yes };

expected<void> sync_folder(const place& folder) {
  if (::fsync(folder.fd.get()) != 0 && errno != EINVAL) // some file systems know no such thing
    return fail(errc::io, "cannot write the folder {} to disk: {}", folder.path, errno_text(errno));
  return {};
}

std::optional<struct stat> status_of(const place& folder, const std::string& name) {
  struct stat status {};
  if (::fstatat(folder.fd.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return std::nullopt;
  return status;
}

std::string link_text(const std::string& path) {
  return fmt::format("{} is a symbolic link, and videos are moved into folders only", path);
}

/// The folder that `below` leads to from `top`, which is there and may be a symbolic link; below it none is followed.
expected<place> open_folder(const std::string& top, const std::vector<std::string>& below, if_missing then) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  place at{unique_fd{::open(top.c_str(), flags)}, top};
  for (const auto& name : below) {
    if (!at.fd)
      break;
    place next{{}, joined(at.path, name)};
    if (then == if_missing::make) {
      if (::mkdirat(at.fd.get(), name.c_str(), 0777) == 0) {
        if (auto synced = sync_folder(at); !synced)
          return tl::unexpected{synced.error()};
      } else if (errno != EEXIST) {
        return fail(errc::io, "cannot make the folder {}: {}", next.path, errno_text(errno));
      }
    }
    next.fd.reset(::openat(at.fd.get(), name.c_str(), flags | O_NOFOLLOW));
    if (!next.fd) {
      const int problem = errno;
      if (const auto status = status_of(at, name); status && S_ISLNK(status->st_mode))
        return tl::unexpected{error{errc::not_allowed, link_text(next.path)}};
      errno = problem;
    }
    at = std::move(next);
  }
  if (!at.fd)
    return fail(errno == ENOENT && then == if_missing::is_error ? errc::not_found : errc::io,
                "cannot open the folder {}: {}", at.path, errno_text(errno));
  return at;
}

bool is_same_file(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/// The name to try as number `attempt`: "b.mp4", "b (2).mp4", ...
std::string numbered(const std::string& name, int attempt) {
  if (attempt == 1)
    return name;
  const auto dot = name.rfind('.');
  const auto ending = dot == std::string::npos || dot == 0 ? std::string{} : name.substr(dot);
  const auto number = fmt::format(" ({})", attempt);
  const auto end =
      std::min(name.size() - ending.size(), NAME_MAX - std::min<std::size_t>(NAME_MAX, number.size() + ending.size()));
  return std::string{first_bytes(name, end)} + number + ending;
}

expected<void> copy_bytes(const unique_fd& from, const unique_fd& to, const std::string& what,
                          const std::stop_token& stop) {
  constexpr std::size_t size = 1 << 20;
  const auto buffer = std::make_unique<char[]>(size);
  for (;;) {
    if (stop.stop_requested())
      return fail(errc::cancelled, "the copy of {} was stopped", what);
    const auto count = ::read(from.get(), buffer.get(), size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return fail(errc::io, "cannot copy {}: {}", what, errno_text(errno));
    if (count == 0)
      return {};
    if (!write_bytes(to.get(), {buffer.get(), static_cast<std::size_t>(count)}))
      return fail(errc::io, "cannot copy {}: {}", what, errno_text(errno));
  }
}

/// False also when it was stopped before it knew.
bool have_same_bytes(const unique_fd& a, const unique_fd& b, const std::stop_token& stop) {
  constexpr std::size_t size = 1 << 20;
  const auto left = std::make_unique<char[]>(size);
  const auto right = std::make_unique<char[]>(size);
  for (off_t at = 0; !stop.stop_requested();) {
    const auto count = ::pread(a.get(), left.get(), size, at);
    if (count < 0 || ::pread(b.get(), right.get(), size, at) != count)
      return false;
    if (count == 0)
      return true;
    if (!std::equal(left.get(), left.get() + count, right.get()))
      return false;
    at += count;
  }
  return false;
}

/// One video on its way.
class move_of {
public:
  move_of(const seen_file& video, std::string name, place from, place to, const std::stop_token& stop)
      : video_(video), name_(std::move(name)), from_(std::move(from)), to_(std::move(to)), stop_(stop) {}

  expected<std::string> make() {
    if (!from_.fd)
      return moved_before();
    const auto source = status_of(from_, name_);
    if (!source)
      return errno == ENOENT ? moved_before() : cannot("look at");
    if (S_ISLNK(source->st_mode))
      return fail(errc::not_allowed, "{} is a symbolic link", video_.path);
    if (version_of(*source) != video_.version)
      return fail(errc::invalid_argument, "{} has changed since it was analyzed", video_.path);
    for (int attempt = 1; attempt <= most_names; ++attempt) {
      const auto name = numbered(name_, attempt);
      if (rename_to(name, *source))
        return finished(name);
      if (errno == EXDEV)
        return copy(*source);
      if (errno != EEXIST)
        return cannot("move");
    }
    return fail(errc::exhausted, "{} is not moved to {}: {} files have its name", video_.path, to_.path, most_names);
  }

private:
  tl::unexpected<error> cannot(std::string_view what) const {
    return fail(errc::io, "cannot {} {} to {}: {}", what, video_.path, to_.path, errno_text(errno));
  }

  /// False with errno; EEXIST where the name is taken.
  bool rename_to(const std::string& name, const struct stat& source) {
    if (::renameat2(from_.fd.get(), name_.c_str(), to_.fd.get(), name.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    if (errno != EINVAL && errno != ENOSYS && errno != EEXIST)
      return false;
    // Where renaming cannot keep a taken name, a second name can; then the first goes, perhaps after an interruption.
    if (errno != EEXIST && ::linkat(from_.fd.get(), name_.c_str(), to_.fd.get(), name.c_str(), 0) != 0 &&
        errno != EEXIST) {
      if (status_of(to_, name)) {
        errno = EEXIST;
        return false;
      }
      return ::renameat(from_.fd.get(), name_.c_str(), to_.fd.get(), name.c_str()) == 0;
    }
    const auto taken_by = status_of(to_, name);
    if (!taken_by || !is_same_file(*taken_by, source)) {
      errno = EEXIST;
      return false;
    }
    return ::unlinkat(from_.fd.get(), name_.c_str(), 0) == 0;
  }

  /// Looks once more whether that was the right file, because somebody can have replaced it meanwhile.
  expected<std::string> finished(const std::string& name) {
    if (const auto moved = status_of(to_, name); moved && version_of(*moved) != video_.version) {
      ::renameat2(to_.fd.get(), name.c_str(), from_.fd.get(), name_.c_str(), RENAME_NOREPLACE);
      return fail(errc::invalid_argument, "{} changed while it was put away", video_.path);
    }
    return synced(name);
  }

  expected<std::string> synced(const std::string& name) {
    for (const auto* folder : {&to_, &from_})
      if (auto done = folder->fd ? sync_folder(*folder) : expected<void>{}; !done)
        return tl::unexpected{done.error()};
    return joined(to_.path, name);
  }

  /// To another file system.
  expected<std::string> copy(const struct stat& source) {
    const unique_fd in{::openat(from_.fd.get(), name_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (!in)
      return cannot("copy");
    // What an interruption left is either this file, by its name, or a whole copy whose original is still there.
    const auto temporary = fmt::format(".timeloom-{:x}-{:x}.tmp", video_.version.inode, video_.version.modified_ns);
    int attempt = 1;
    for (; attempt <= most_names; ++attempt) {
      const auto name = numbered(name_, attempt);
      const auto taken_by = status_of(to_, name);
      if (!taken_by)
        break;
      if (may_be_copy(*taken_by)) {
        const unique_fd there{::openat(to_.fd.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
        if (there && have_same_bytes(in, there, stop_))
          return without_original(in, name, is_ours::no);
      }
    }
    const unique_fd out{
        ::openat(to_.fd.get(), temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (!out)
      return cannot("copy");
    const std::array<timespec, 2> times{source.st_atim, source.st_mtim};
    auto copied = copy_bytes(in, out, fmt::format("{} to {}", video_.path, to_.path), stop_);
    if (copied && ((::fchown(out.get(), source.st_uid, source.st_gid) != 0 && errno != EPERM) ||
                   ::fchmod(out.get(), source.st_mode & 0777) != 0 || ::futimens(out.get(), times.data()) != 0 ||
                   ::fsync(out.get()) != 0))
      copied = cannot("copy");
    for (; copied && attempt <= most_names; ++attempt) {
      const auto name = numbered(name_, attempt);
      if (name_copy(temporary, name))
        return without_original(in, name, is_ours::yes);
      if (errno != EEXIST)
        copied = cannot("copy");
    }
    ::unlinkat(to_.fd.get(), temporary.c_str(), 0);
    if (!copied)
      return tl::unexpected{copied.error()};
    return fail(errc::exhausted, "{} is not moved to {}: {} files have its name", video_.path, to_.path, most_names);
  }

  bool name_copy(const std::string& temporary, const std::string& name) {
    if (::renameat2(to_.fd.get(), temporary.c_str(), to_.fd.get(), name.c_str(), RENAME_NOREPLACE) == 0)
      return true;
    if (errno != EINVAL && errno != ENOSYS)
      return false;
    if (status_of(to_, name)) {
      errno = EEXIST;
      return false;
    }
    return ::renameat(to_.fd.get(), temporary.c_str(), to_.fd.get(), name.c_str()) == 0;
  }

  /// The copy `name` is whole: the original goes, unless it changed while it was copied.
  expected<std::string> without_original(const unique_fd& original, const std::string& name, is_ours copy) {
    if (auto done = sync_folder(to_); !done)
      return tl::unexpected{done.error()};
    struct stat opened {};
    const auto named = status_of(from_, name_);
    if (::fstat(original.get(), &opened) != 0 || version_of(opened) != video_.version || !named ||
        !is_same_file(*named, opened)) {
      if (copy == is_ours::yes)
        ::unlinkat(to_.fd.get(), name.c_str(), 0);
      return fail(errc::invalid_argument, "{} changed while it was put away", video_.path);
    }
    if (::unlinkat(from_.fd.get(), name_.c_str(), 0) != 0)
      return fail(errc::io, "cannot delete {}, which was copied to {}: {}", video_.path, joined(to_.path, name),
                  errno_text(errno));
    return synced(name);
  }

  bool may_be_copy(const struct stat& status) const {
    return S_ISREG(status.st_mode) && looks_like(version_of(status), video_.version);
  }

  /// The video is not where it was: an earlier move came as far as that.
  expected<std::string> moved_before() {
    std::string copy;
    for (int attempt = 1; attempt <= most_names; ++attempt) {
      const auto name = numbered(name_, attempt);
      const auto there = status_of(to_, name);
      if (!there)
        break;
      if (version_of(*there) == video_.version)
        return synced(name);
      if (copy.empty() && may_be_copy(*there))
        copy = name;
    }
    if (!copy.empty())
      return synced(copy);
    return fail(errc::not_found, "{} is not there any more", video_.path);
  }

  const seen_file& video_;
  std::string name_;
  place from_, to_;
  const std::stop_token& stop_;
};

} // namespace

expected<void> check_no_link(const std::string& folder) {
  struct stat status {};
  if (::lstat(folder.c_str(), &status) == 0 && S_ISLNK(status.st_mode))
    return tl::unexpected{error{errc::not_allowed, link_text(folder)}};
  return {};
}

expected<std::string> put_away(const seen_file& video, const std::string& root, const std::string& folder,
                               const std::stop_token& stop) {
  if (!lies_in(video.path, root) || !folder.starts_with('/'))
    return fail(errc::invalid_argument, "{} cannot be moved from {} to {}: it does not lie there", video.path, root,
                folder);
  std::vector<std::string> parts{{}};
  for (const char c : std::string_view{video.path}.substr(root.size())) {
    if (c != '/')
      parts.back() += c;
    else if (!parts.back().empty())
      parts.emplace_back();
  }
  if (std::ranges::any_of(parts, [](const auto& part) { return part.empty() || part == "." || part == ".."; }))
    return fail(errc::invalid_argument, "{} is no path of a file in {}", video.path, root);
  auto name = std::move(parts.back());
  parts.pop_back();

  auto into = folder;
  while (into.ends_with('/'))
    into.pop_back();
  const auto slash = into.find_last_of('/');
  std::vector<std::string> below{into.substr(slash + 1)};
  below.insert(below.end(), parts.begin(), parts.end());
  auto to = open_folder(into.substr(0, slash + 1), below, if_missing::make);
  if (!to)
    return tl::unexpected{to.error()};
  auto from = open_folder(root, parts, if_missing::is_error);
  if (!from && from.error().code != errc::not_found)
    return tl::unexpected{from.error()};
  return move_of{video, std::move(name), from ? std::move(*from) : place{}, std::move(*to), stop}.make();
}

} // namespace timeloom
