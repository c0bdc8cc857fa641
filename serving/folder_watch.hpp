/// Finds the videos of folders and tells of each once it is whole.
///
/// A file is whole when it was not written for a while: its size and times have stayed the same for `settle`. What
/// inotify says (closed after writing, moved in) only makes the watch look sooner; a rescan finds what no event told
/// of, as on network file systems. A version that was told is not told again; a file that changes later is.
/// Two halves: `settling` decides and knows no clock and no file system; `folder_watch` is a thread that looks.
#pragma once

#include "core/error.hpp"
#include "serving/job_entry.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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

/// A file and the content it has now.
struct seen_file {
  std::string path;
  file_version version;

  bool operator==(const seen_file&) const = default;
};

/// Which of the files that were looked at are whole. One owner, one thread.
class settling {
public:
  using clock = std::chrono::steady_clock;

  explicit settling(std::chrono::milliseconds settle) : settle_(settle) {}

  /// The file was looked at and found like this.
  void saw(const seen_file& file, clock::time_point now);
  /// The file is not there any more.
  void gone(const std::string& path);
  /// This version needs no telling, because it was told in an earlier life.
  void known(const seen_file& file);

  /// Those that have become whole since the last call, in order of their paths.
  std::vector<seen_file> whole(clock::time_point now);
  /// When to look at files again that are not yet whole; nothing: all are.
  std::optional<clock::time_point> next_look() const;
  /// Which of them to look at then.
  std::vector<std::string> unsettled() const;

private:
  struct state {
    file_version version;
    clock::time_point since;
    bool told = false;
  };
  std::chrono::milliseconds settle_;
  std::map<std::string, state> files_;
};

class folder_watch {
public:
  /// `told` is called on the watch's own thread with the files that have become whole, at most 500 a call; while it
  /// blocks the watch waits, and when it fails the files are told again at the next rescan. `problem` hears what could
  /// not be read or watched (a folder without rights, no more inotify watches: then rescans alone serve), once each
  /// until it changes. `is_known` is asked about files at the first sight of them.
  struct listener {
    std::function<expected<void>(const std::vector<seen_file>&)> told;
    std::function<void(const std::string& sentence)> problem;
    std::function<bool(const seen_file&)> is_known;
  };

  /// Fails when a folder of the options cannot be read. Ends its thread when destroyed, within a second.
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
