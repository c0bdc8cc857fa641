/// What whoever speaks HTTP may ask of the daemon.
///
/// Any thread may call; each call is answered within seconds, or fails with `timeout`. Errors become HTTP's by their
/// code: not_found 404, not_allowed 403, invalid_argument 400 (409 from `act`),
/// exhausted 503, timeout 504, everything else 500.
#pragma once

#include "core/error.hpp"
#include "media/input_file.hpp"
#include "serving/event_feed.hpp"
#include "serving/job_entry.hpp"
#include "serving/journal.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

struct submission {
  std::string path; ///< absolute; refused with `not_allowed` outside of the allowed roots
  job_lane lane = job_lane::interactive;
  std::vector<std::string> analyzers; ///< empty: the configured ones
};

/// How far a running job is.
struct running_progress {
  int attempt = 1;
  std::int64_t frames = 0;
  double seconds = 0;    ///< of the video
  double duration_s = 0; ///< 0: not known
};

struct job_listing {
  std::vector<job_entry> jobs;
  std::map<job_state, std::int64_t> counts; ///< of all jobs
  std::map<job_id, running_progress> progress;
  bool paused = false; ///< nothing starts
  std::string held;    ///< why nothing starts although jobs wait; empty: it does
};

enum class job_action : std::uint8_t { cancel, pause, resume, retry };

/// Whether the daemon can do its work.
struct readiness {
  bool ready = false;
  std::string reason; ///< why not; in safe mode the fault of the configuration with its line
};

class service {
public:
  virtual ~service() = default;

  virtual expected<job_entry> submit(const submission& wanted) = 0;
  virtual expected<job_entry> job(job_id id) = 0;
  virtual expected<std::vector<job_step>> story(job_id id) = 0;
  virtual expected<job_listing> jobs(const job_filter& filter) = 0;
  /// The entry afterwards. `invalid_argument` when its state forbids it.
  virtual expected<job_entry> act(job_id id, job_action action) = 0;
  /// Stops starting jobs, and starts again. What runs goes on.
  virtual expected<void> pause_all(bool paused) = 0;

  /// A file of the job's result ("json", "vtt", "csv", "html"), the picture of scene `number` (JPEG), and the video
  /// itself, open for reading; each checked to lie where it may.
  virtual expected<input_file> result_file(job_id id, const std::string& format) = 0;
  virtual expected<input_file> thumbnail(job_id id, int number) = 0;
  virtual expected<input_file> media(job_id id) = 0;

  /// How much of the disk uploads must leave free.
  virtual std::int64_t least_free_bytes() = 0;

  /// JSON documents for /v1/workers, /v1/models and /stats, and Prometheus' text for /metrics.
  virtual expected<std::string> workers_json() = 0;
  virtual expected<std::string> models_json() = 0;
  virtual expected<std::string> stats_json() = 0;
  virtual expected<std::string> metrics_text() = 0;

  /// Answers at once, whatever else goes on.
  virtual readiness ready() = 0;
  virtual event_feed& feed() = 0;
};

} // namespace timeloom
