/// What the daemon is told when it starts, and again when its configuration is read anew. Plain data.
#pragma once

#include "actors/protocol.hpp"
#include "analyzers/caption_prompts.hpp"
#include "media/input_file.hpp"
#include "serving/admission.hpp"
#include "timeline/output_format.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace timeloom {

struct daemon_setup {
  std::string state_dir;              ///< absolute, like all folders here
  std::string output_dir;             ///< a watched video's results stand in it as the video stands in its folder
  std::vector<output_format> formats; ///< `json` is one of them
  std::vector<std::string> watched;
  std::vector<std::string> roots; ///< videos that may be submitted lie in one of these or in a watched folder
  bool puts_away = false;         ///< to done/ and failed/ in the watched folder
  admission_limits limits;
  int max_attempts = 3;
  std::chrono::milliseconds retry_delay{30'000};
  std::chrono::milliseconds unfinished{300'000}; ///< a watched file that changed in this time may still be copied
  std::int64_t keep_jobs = 100'000;
  std::string upload_dir;                                          ///< symbolic links followed
  std::chrono::milliseconds keep_uploads = std::chrono::hours{24}; ///< after their jobs are over
  analysis_request request; ///< what every job asks for; its `tag`, `path` and `root` are the job's own
  std::vector<caption_prompt> caption_prompts; ///< of videos of certain names, before that of `request`
  /// For each analyzer a text that changes when its options, its model or its program do, or those of what it needs.
  std::map<std::string, std::string> analyzer_keys;
  std::string analysis_digest; ///< two daemons with the same one analyze a video alike
  std::string program;         ///< such as "timeloom 0.1.0"
};

/// The analyzers that a job runs: its own, or the configured ones.
std::vector<std::string> analyzers_of(const daemon_setup& setup, const job_entry& job);

/// What it asks for of the video at `path`.
analyzer_options options_of(const daemon_setup& setup, const std::string& path);

/// What the finds of an analyzer in the video at `path` are of: content, options, model and program. 64 hex digits.
std::string analyzer_key(const daemon_setup& setup, const std::string& analyzer, const std::string& path,
                         const std::string& content_sha256);

/// What a result is of: the keys of its analyzers. 64 hex digits.
std::string result_key(const daemon_setup& setup, const job_entry& job, const std::string& content_sha256);

/// RESULT as it should be for this video: in `output_dir`, under the video's whole name and the analyzers that were
/// asked for by name, at most so long that every ending fits.
std::string wanted_result(const daemon_setup& setup, const job_entry& job);

/// The watched folder that `path` lies in; empty: in none.
std::string watched_folder_of(const daemon_setup& setup, const std::string& path);

/// Opens a video that is submitted, analyzed or played. `not_allowed` when it lies, or leads, out of every root.
expected<input_file> open_admitted(const daemon_setup& setup, const std::string& path);

/// The room that there is now; a disk or a figure that cannot be looked at counts as enough.
host_room measure_room(const daemon_setup& setup, int running);

} // namespace timeloom
