#include "serving/folder_events.hpp"

#include "serving/folder_walk.hpp"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <sys/inotify.h>

namespace timeloom {

namespace {

constexpr std::uint32_t folder_mask =
    IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR | IN_MASK_ADD;
constexpr std::uint32_t root_mask = IN_DELETE_SELF | IN_MOVE_SELF;

} // namespace

bool folder_events::watch(int folder_fd, const std::string& path, bool root) {
  if (!inotify_)
    inotify_.reset(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!inotify_)
    return false;
  const auto mask = folder_mask | (root ? root_mask : 0);
  const int watch = ::inotify_add_watch(inotify_.get(), fmt::format("/proc/self/fd/{}", folder_fd).c_str(), mask);
  if (watch < 0)
    return false;
  folders_.insert_or_assign(watch, watched{path, round_});
  return true;
}

void folder_events::keep_recent() {
  std::erase_if(folders_, [&](const auto& folder) {
    const bool old = folder.second.round != round_;
    if (old)
      ::inotify_rm_watch(inotify_.get(), folder.first);
    return old;
  });
  ++round_;
}

std::vector<folder_event> folder_events::read() {
  std::vector<folder_event> events;
  alignas(inotify_event) std::array<char, 65536> buffer;
  const auto bytes = inotify_ ? ::read(inotify_.get(), buffer.data(), buffer.size()) : 0;
  for (std::size_t at = 0; bytes > 0 && at < static_cast<std::size_t>(bytes);) {
    inotify_event event{};
    std::memcpy(&event, &buffer[at], sizeof event);
    const char* name = &buffer[at] + sizeof event;
    tell(event.wd, event.mask, event.len > 0 ? std::string_view{name} : std::string_view{}, events);
    at += sizeof event + event.len;
  }
  return events;
}

void folder_events::tell(int watch, std::uint32_t mask, std::string_view name, std::vector<folder_event>& into) {
  using kind = folder_event::kind;
  if ((mask & (IN_Q_OVERFLOW | IN_UNMOUNT | root_mask)) != 0)
    into.push_back({kind::lost, {}});
  const auto folder = folders_.find(watch);
  if (folder == folders_.end())
    return;
  if ((mask & IN_IGNORED) != 0) {
    folders_.erase(folder);
    return;
  }
  if (name.empty() || name.starts_with('.'))
    return;
  auto path = joined(folder->second.path, name);
  const bool came = (mask & (IN_CREATE | IN_MOVED_TO)) != 0;
  if ((mask & IN_ISDIR) != 0) {
    if (came)
      into.push_back({kind::folder_came, std::move(path)});
    else
      forget_beneath(path);
  } else if ((mask & IN_CREATE) != 0) {
    into.push_back({kind::file_made, std::move(path)});
  } else {
    into.push_back({(mask & IN_CLOSE_WRITE) != 0 ? kind::file_closed : kind::file_changed, std::move(path)});
  }
}

void folder_events::forget_beneath(const std::string& path) {
  std::erase_if(folders_, [&](const auto& folder) {
    const bool away = folder.second.path == path || lies_in(folder.second.path, path);
    if (away)
      ::inotify_rm_watch(inotify_.get(), folder.first);
    return away;
  });
}

} // namespace timeloom
