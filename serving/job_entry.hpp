/// What the daemon knows of one job: one version of one video, from when it was seen to its end. Plain data.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

using job_id = std::int64_t;

/// Wall-clock time, in milliseconds since 1970: it must mean something after a restart.
using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

enum class job_state : std::uint8_t {
  queued,      ///< waits for its turn, or for the time of its next attempt
  paused,      ///< waits for `resume`
  running,     ///< is being analyzed
  publishing,  ///< over, but its results, whole on disk, have no names yet, or its video is still put away
  done,        ///< every analyzer has its result, or was skipped for want of a model
  partial,     ///< has a result in which something is missing
  failed,      ///< has no result, and trying again would not help
  quarantined, ///< has no result, and was tried as often as the configuration allows
  cancelled,   ///< somebody asked for it
};

enum class job_lane : std::uint8_t { interactive, batch };

std::string_view to_string(job_state state);
std::string_view to_string(job_lane lane);
std::optional<job_state> job_state_from_string(std::string_view name);
std::optional<job_lane> job_lane_from_string(std::string_view name);

/// Whether nothing more happens to the job by itself.
bool is_final(job_state state);

/// Tells one content of a path from the next without reading it.
struct file_version {
  std::int64_t bytes = 0;
  std::int64_t modified_ns = 0; ///< since 1970
  std::uint64_t inode = 0;

  bool operator==(const file_version&) const = default;
};

struct job_entry {
  job_id id = 0;
  std::string path; ///< absolute; bytes, not always UTF-8
  file_version version;
  job_lane lane = job_lane::batch;
  job_state state = job_state::queued;
  std::string reason;                 ///< why it is not `done`, or why it waits; a sentence
  std::vector<std::string> analyzers; ///< asked for by name; empty: the configured ones
  int attempts = 0;                   ///< charged to this input: those that it failed
  int interruptions = 0;              ///< attempts that ended with the daemon itself, while nothing else ran
  wall_time created{};
  wall_time changed{};              ///< when its state last changed
  wall_time not_before{};           ///< of a queued job: when its next attempt may start
  std::string content_sha256;       ///< 64 hex digits; empty until known
  std::string result_key;           ///< of content, configuration and models; empty until published
  std::string result;               ///< its files are RESULT.timeline.FORMAT; absolute; empty: none
  std::vector<std::string> formats; ///< of those files
  std::optional<job_id> result_of;  ///< the earlier job with the same content whose result this is
  std::string moved_to;             ///< where the video was put afterwards; empty: it stayed
  bool suspect = false;             ///< it ran when the daemon died: it runs alone until an attempt has ended

  bool operator==(const job_entry&) const = default;
};

/// Where the video is now.
inline const std::string& place_of(const job_entry& job) {
  return job.moved_to.empty() ? job.path : job.moved_to;
}

} // namespace timeloom
