/// Finds the videos of folders and tells of each once it is whole.
///
/// A file is whole when it was not written for a while: its size and times have stayed the same for `settle`. What
/// inotify says (closed after writing, moved in) only makes the watch look sooner; a rescan finds what no event told
/// of, as on network file systems. A version that was told is not told again; a file that changes later is.
/// Three parts: `folder_walk` and `folder_events` find files, `settling` decides which are whole, and `folder_watch` is
/// the thread that goes between them.
#pragma once

#include "core/error.hpp"
#include "serving/seen_file.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

struct watch_options {
  std::vector<std::string> folders;   ///< absolute, each of them existing and readable; their subfolders too
  std::vector<std::string> patterns;  ///< of the file's name, such as "*.mp4" (fnmatch, any case)
  std::vector<std::string> leave_out; ///< absolute folders in which nothing is looked for, such as the results'
  std::chrono::milliseconds settle{5000};
  std::chrono::milliseconds rescan{60000};
};

class folder_watch {
public:
  /// `told` is called on the watch's own thread with the files that have become whole, at most 500 a call; while it
  /// blocks the watch waits, and when it fails the files are told again after the next rescan. `problem` hears what
  /// could not be read or watched (a folder without rights, no more inotify watches: then rescans alone serve), once
  /// each until it changes, and when a watched folder that was missing is there again. `is_known` is asked about files
  /// at the first sight of them; without it none is.
  struct listener {
    std::function<expected<void>(const std::vector<seen_file>&)> told;
    std::function<void(const std::string& sentence)> problem;
    std::function<bool(const seen_file&)> is_known;
  };

  /// Fails when a folder of the options is not absolute or cannot be read; later it may go and come back. Ends its
  /// thread when destroyed, within a second (but waits for `told`).
  static expected<folder_watch> start(watch_options options, listener to);
  folder_watch(folder_watch&&) noexcept;
  folder_watch& operator=(folder_watch&&) noexcept;
  ~folder_watch();

  /// Looks at everything soon instead of at the next rescan. Any thread.
  void rescan();

private:
  class looker;
  explicit folder_watch(std::unique_ptr<looker> started);
  std::unique_ptr<looker> looker_;
};

} // namespace timeloom
