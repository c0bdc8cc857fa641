/// What inotify tells of folders: each is watched by itself, not with its subfolders. One owner, one thread.
///
/// Events are hints. They get lost (`lost` says so where the kernel does), a network file system has none, and a path
/// in them is where the folder was when it was last watched.
#pragma once

#include "core/unique_fd.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace timeloom {

struct folder_event {
  enum class kind : std::uint8_t {
    file_made,    ///< and perhaps still open for writing
    file_closed,  ///< after writing
    file_changed, ///< moved here, moved away or deleted
    folder_came,  ///< made or moved here; it is not watched yet
    lost,         ///< anything can have changed. No path
  };
  kind what;
  std::string path;
};

class folder_events {
public:
  /// Readable when there are events; -1 before the first `watch` that succeeds.
  int descriptor() const { return inotify_.get(); }

  /// Watches an open folder under this path from now on; for a `root` it is `lost` when it is moved or deleted. False
  /// with errno when that is not possible.
  bool watch(int folder_fd, const std::string& path, bool root);
  /// Those that were not watched anew since the last call are forgotten.
  void keep_recent();

  /// What happened since the last call; never waits.
  std::vector<folder_event> read();

private:
  struct watched {
    std::string path;
    unsigned round = 0;
  };
  void tell(int watch, std::uint32_t mask, std::string_view name, std::vector<folder_event>& into);
  void forget_beneath(const std::string& path);

  unique_fd inotify_;
  std::unordered_map<int, watched> folders_;
  unsigned round_ = 0;
};

} // namespace timeloom
