#include "serving/folder_walk.hpp"

#include "core/unique_fd.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <memory>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr int deepest = 64;

struct close_listing {
  void operator()(DIR* listing) const { ::closedir(listing); }
};

bool has_gone(int number) {
  return number == ENOENT || number == ENOTDIR || number == ELOOP;
}

} // namespace

std::string joined(const std::string& folder, std::string_view name) {
  std::string path = folder;
  if (!path.ends_with('/'))
    path += '/';
  return path += name;
}

bool lies_in(std::string_view path, std::string_view folder) {
  return path.starts_with(folder) &&
         (folder.ends_with('/') || (path.size() > folder.size() && path[folder.size()] == '/'));
}

bool folder_walk::wants(std::string_view name) const {
  if (name.starts_with('.'))
    return false;
  const std::string text{name};
  return std::ranges::any_of(patterns_, [&](const std::string& pattern) {
    return ::fnmatch(pattern.c_str(), text.c_str(), FNM_CASEFOLD) == 0;
  });
}

expected<void> folder_walk::all(const std::string& root) {
  ended_ = false;
  return enter(AT_FDCWD, root, root, 0);
}

void folder_walk::beneath(const std::string& root, const std::string& folder) {
  ended_ = false;
  const auto depth = std::count(folder.begin() + static_cast<std::ptrdiff_t>(root.size()), folder.end(), '/');
  if (auto entered = enter(AT_FDCWD, folder, folder, static_cast<int>(std::max<std::ptrdiff_t>(depth, 1))); !entered)
    to_.misses(folder, entered.error().message);
}

/// Fails only for the folder itself, and not when it has gone, unless a walk began with it.
expected<void> folder_walk::enter(int parent_fd, const std::string& name, const std::string& path, int depth) {
  if (depth > deepest)
    return fail(errc::io, "the folder {} is left out: it lies more than {} levels deep", path, deepest);
  if (path.size() + NAME_MAX + 2 > PATH_MAX)
    return fail(errc::io, "the folder {} is left out: its path is too long", path);
  const int no_links = depth > 0 ? O_NOFOLLOW : 0;
  unique_fd opened{::openat(parent_fd, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | no_links)};
  if (!opened && has_gone(errno) && depth > 0)
    return {};
  const std::unique_ptr<DIR, close_listing> listing{opened ? ::fdopendir(opened.get()) : nullptr};
  const int fd = listing ? opened.release() : -1; // which the listing closes
  struct stat status {};
  if (!listing || ::fstat(fd, &status) != 0)
    return fail(has_gone(errno) ? errc::not_found : errc::io, "cannot read the folder {}: {}", path, errno_text(errno));

  const identity folder{status.st_dev, status.st_ino};
  if (is_left_out(folder))
    return {};
  if (std::ranges::find(inside_, folder) != inside_.end())
    return fail(errc::io, "the folder {} is left out: it lies in itself", path);
  if (ended_ || !to_.enters(fd, path)) {
    ended_ = true;
    return {};
  }

  inside_.push_back(folder);
  could_not_look_ = false;
  std::vector<std::string> subfolders;
  errno = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    look(fd, path, *entry, subfolders);
    errno = 0;
  }
  if (errno != 0)
    to_.misses(path, fmt::format("cannot read the folder {} to its end: {}", path, errno_text(errno)));
  for (const auto& subfolder : subfolders) {
    const auto there = joined(path, subfolder);
    if (auto entered = enter(fd, subfolder, there, depth + 1); !entered)
      to_.misses(there, entered.error().message);
    if (ended_)
      break;
  }
  inside_.pop_back();
  return {};
}

bool folder_walk::is_left_out(const identity& folder) const {
  return std::ranges::any_of(leave_out_, [&](const std::string& path) {
    struct stat status {};
    return ::stat(path.c_str(), &status) == 0 && folder == identity{status.st_dev, status.st_ino};
  });
}

void folder_walk::look(int folder_fd, const std::string& folder, const dirent& entry,
                       std::vector<std::string>& subfolders) {
  const std::string_view name = entry.d_name;
  if (name.starts_with('.'))
    return;
  auto type = entry.d_type;
  struct stat status {};
  if (type == DT_UNKNOWN && ::fstatat(folder_fd, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0)
    type = IFTODT(status.st_mode);
  if (type == DT_DIR) {
    subfolders.emplace_back(name);
    return;
  }
  if ((type != DT_REG && type != DT_LNK) || !wants(name))
    return;
  if (::fstatat(folder_fd, entry.d_name, &status, 0) == 0) {
    if (S_ISREG(status.st_mode))
      to_.finds({joined(folder, name), version_of(status)});
  } else if (!has_gone(errno) && !std::exchange(could_not_look_, true)) {
    to_.misses(folder, fmt::format("cannot look at the files in the folder {}: {}", folder, errno_text(errno)));
  }
}

} // namespace timeloom
