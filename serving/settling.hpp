/// Decides which of the files that were looked at are whole. Knows no clock and no file system; one owner, one thread.
///
/// A file is whole when two looks that lie `settle` apart found the same version, and no look between them another.
/// One that its writer has not closed yet gets twelve times as long, because a copy may stand still for a while.
/// A version is given out once; the memory for a file that was given out is its path and about 100 bytes.
#pragma once

#include "serving/seen_file.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace timeloom {

class settling {
public:
  using clock = std::chrono::steady_clock;

  explicit settling(std::chrono::milliseconds settle) : settle_(settle) {}

  /// The file was looked at, in a look that took so long, and found like this.
  void saw(const seen_file& file, clock::time_point began, clock::time_point ended);
  /// The file is not there any more, or is to be taken as if it had never been seen.
  void gone(const std::string& path);
  /// This version needs no telling, because it was told in an earlier life.
  void known(const seen_file& file);
  /// Whether the file, in whatever version, was seen before.
  bool has_seen(const std::string& path) const;
  /// Somebody has made the file and writes to it, or has closed it. Means nothing for a file that was not seen.
  void being_written(const std::string& path, bool is_open);

  /// Those that have become whole since the last call, in order of their paths.
  std::vector<seen_file> take_whole();
  /// When to look at files again that are not yet whole; nothing: all are.
  std::optional<clock::time_point> next_look() const;
  /// Which of them to look at, when it is `now`: those that are whole if they still are what they were.
  std::vector<std::string> due(clock::time_point now) const;

  /// From here on it is noted which files are seen...
  void start_round() { ++round_; }
  /// ...and these were not.
  std::vector<std::string> unseen() const;

private:
  struct unsettled {
    file_version version;
    clock::time_point since;
    bool is_open = false;
    unsigned round = 0;
  };
  struct settled {
    file_version version;
    unsigned round = 0;
  };
  using unsettled_files = std::unordered_map<std::string, unsettled>;

  clock::time_point time_of(const unsettled& file) const;
  void drop(unsettled_files::iterator file);

  std::chrono::milliseconds settle_;
  unsigned round_ = 0;
  unsettled_files unsettled_;
  std::set<std::pair<clock::time_point, std::string_view>> looks_; ///< when to look at each of `unsettled_`
  std::map<std::string, file_version> whole_;                      ///< not yet taken
  std::unordered_map<std::string, settled> settled_;               ///< whole or known, in their last such version
};

} // namespace timeloom
