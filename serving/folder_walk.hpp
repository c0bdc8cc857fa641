/// Goes through folders and their subfolders and tells which videos lie there. One owner, one thread.
///
/// Names that begin with '.' are left out, and so are our own temporary files by it. Symbolic links to folders are not
/// followed, except the one that a walk begins with; links to files are told as they are, with what they lead to. A
/// folder that lies in itself (a bind mount), one more than 64 levels deep and one whose path no program can open are
/// not entered.
#pragma once

#include "serving/seen_file.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

struct dirent;

namespace timeloom {

class folder_walk {
public:
  struct listener {
    /// Before a folder is listed. False ends the walk.
    std::function<bool(int folder_fd, const std::string& path)> enters;
    std::function<void(const seen_file& file)> finds;
    /// What is not gone but cannot be read, at most one sentence a folder.
    std::function<void(const std::string& folder, const std::string& sentence)> misses;
  };

  /// `patterns` are of the file's name, such as "*.mp4" (fnmatch, any case). Folders that are one of `leave_out`,
  /// under whatever name, are not entered.
  folder_walk(std::vector<std::string> patterns, std::vector<std::string> leave_out, listener to)
      : patterns_(std::move(patterns)), leave_out_(std::move(leave_out)), to_(std::move(to)) {}

  /// Whether a file of this name is one.
  bool wants(std::string_view name) const;

  /// From a watched folder on. `not_found` when it is not there, `io` when it cannot be read; both with a sentence.
  expected<void> all(const std::string& root);
  /// From `folder` on, which lies somewhere beneath `root`; nothing when it has gone.
  void beneath(const std::string& root, const std::string& folder);

private:
  using identity = std::pair<dev_t, ino_t>;

  expected<void> enter(int parent_fd, const std::string& name, const std::string& path, int depth);
  bool is_left_out(const identity& folder) const;
  void look(int folder_fd, const std::string& folder, const dirent& entry, std::vector<std::string>& subfolders);

  std::vector<std::string> patterns_;
  std::vector<std::string> leave_out_;
  listener to_;
  std::vector<identity> inside_; ///< the folders that the walk is in
  bool ended_ = false;
  bool could_not_look_ = false; ///< at a file of the folder that is being listed
};

/// "folder/name".
std::string joined(const std::string& folder, std::string_view name);

/// Whether `path` lies in `folder`, by their names.
bool lies_in(std::string_view path, std::string_view folder);

} // namespace timeloom
