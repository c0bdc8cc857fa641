/// What the daemon must not forget: every job and what became of it, in one SQLite file.
///
/// Each function is one transaction that is on disk when it returns (WAL, synchronous=FULL); after a crash at any
/// moment the journal is as it was before or after it. One process writes: `open` holds a lock on the file beside it
/// (PATH.lock) until the journal is destroyed, and fails when another process has it. One owner, one thread; readers
/// on other threads open a `journal_view`.
/// Functions fail with `io` and SQLite's words (a full disk, a file that is no database), and with `not_found` when
/// there is no such job. A failed function changed nothing, and the journal can be used on.
#pragma once

#include "core/error.hpp"
#include "serving/job_entry.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

/// A video that was seen or submitted.
struct new_job {
  std::string path;
  file_version version;
  job_lane lane = job_lane::batch;
  std::vector<std::string> analyzers;
};

/// How an analysis ended, before its results have their names.
struct job_ending {
  job_state state = job_state::done; ///< a final one
  std::string reason;
  std::string content_sha256;
  std::string result_key;
  std::string result; ///< RESULT of job_entry; empty: no result
  std::vector<std::string> formats;
  std::optional<job_id> result_of;
  std::string json_sha256;                  ///< of the result's timeline as JSON
  std::map<std::string, std::string> parts; ///< the keys of the analyzers that are done in it, by analyzer
  std::vector<std::string> taken;           ///< of these, those that did not run: an earlier result had them
};

/// A result as its job wrote it. The job may run again by now, and another may have written in its place.
struct written_result {
  job_id job = 0;
  std::string result; ///< RESULT of job_entry
  std::string json_sha256;
  std::map<std::string, std::string> parts; ///< the keys of the analyzers that are done in it, by analyzer
};

/// One line of a job's story.
struct job_step {
  wall_time at{};
  std::string what; ///< a sentence
};

/// Which jobs, newest first.
struct job_filter {
  std::vector<job_state> states; ///< empty: all
  std::optional<job_id> before;  ///< only older ones
  int limit = 100;
};

/// Reads. Any number in a process, each with one owner and one thread at a time; never waits for the writer.
class journal_view {
public:
  static expected<journal_view> open(const std::string& path);
  journal_view(journal_view&&) noexcept;
  journal_view& operator=(journal_view&&) noexcept;
  ~journal_view();

  expected<job_entry> job(job_id id);
  expected<std::vector<job_entry>> jobs(const job_filter& filter);
  expected<std::map<job_state, std::int64_t>> counts();
  /// A job's story, oldest first; its last 200 steps.
  expected<std::vector<job_step>> story(job_id id);
  /// Whether the newest job of this path that runs the configured analyzers is of this version, and its video was not
  /// moved away; also when that job is forgotten.
  expected<bool> was_seen(const std::string& path, const file_version& version);
  /// All jobs of this path, newest first.
  expected<std::vector<job_entry>> jobs_of(const std::string& path);

protected:
  struct connection;
  explicit journal_view(std::unique_ptr<connection> opened);
  std::unique_ptr<connection> connection_;
};

class journal : public journal_view {
public:
  /// Creates the file where there is none, for this user only. A journal of a newer layout (`unsupported`), a damaged
  /// one (`io`) or one in use (`not_allowed`) is an error that says what to do.
  static expected<journal> open(const std::string& path);

  // -- intake

  /// The jobs in order. One whose path has a job of the same version and for the same analyzers already (cancelled ones
  /// included) gets that one's entry, and nothing changes; where the path's newest job for these analyzers is of
  /// another version and still waits, that job is brought up to date instead of a second one. A job whose video was
  /// moved away is not of its path any more. One transaction for all.
  expected<std::vector<job_entry>> add(const std::vector<new_job>& seen, wall_time now);

  // -- running; each checks the state that it starts from, and fails with `invalid_argument` for another one

  /// Queued jobs whose time has come, those that `admission` should look at: the suspects, then of the others the
  /// oldest `limit` interactive ones, then the oldest `limit` of the batch. None of a path that runs or is published: a
  /// video that changed meanwhile waits, so that the result of what it is now is the last, and nothing opens a video
  /// that is moved.
  expected<std::vector<job_entry>> waiting(wall_time now, int limit);
  /// queued -> running
  expected<void> start(job_id id, wall_time now);
  /// running or queued -> publishing. One more attempt when it ran, and ends as failed or quarantined.
  expected<void> publish(job_id id, const job_ending& ending, wall_time now);
  /// publishing -> the state of its ending. Without `moved_to` the video stayed where the job had it; with it, jobs of
  /// the same version for other analyzers find it there. `remark`: what more its story says.
  expected<void> settle(job_id id, const std::string& moved_to, wall_time now, const std::string& remark = {});
  /// running or queued -> a final state without a result. One more attempt when it ran, and failed or is quarantined.
  expected<void> end(job_id id, job_state state, const std::string& reason, wall_time now);
  /// running, or publishing what is lost -> queued without a result, not before `when`; with `charged` one more
  /// attempt, and no suspect any more; with `version` it is of this version of its video from then on
  expected<void> retry_later(job_id id, const std::string& reason, bool charged, wall_time when, wall_time now,
                             const std::optional<file_version>& version = {});
  /// What a crash left behind: running jobs are queued again as suspects; one that ran alone has one more interruption.
  /// Publishing ones stay, and are given back with their endings, for the caller to name their files and settle them.
  expected<std::vector<job_entry>> recover(wall_time now);

  // -- asked for by people

  /// queued or paused -> cancelled. A running job is ended by the caller.
  expected<void> cancel(job_id id, wall_time now);
  /// queued -> paused, and back
  expected<void> pause(job_id id, wall_time now);
  expected<void> resume(job_id id, wall_time now);
  /// A final job is queued again, as new: no attempts, no result of its own until it ends. Where its video was moved
  /// to is kept: there it is. `analyzers` take the place of those that it was asked for, if given. Else
  /// it is asked to do again what it did: a job that was done all of it, a partial one what is missing; what is written
  /// that would keep it from that is forgotten.
  expected<void> retry(job_id id, wall_time now, const std::optional<std::vector<std::string>>& analyzers = {});
  /// Whether nothing is to start until this is taken back.
  expected<bool> is_queue_paused();
  expected<void> pause_queue(bool paused);

  // -- results

  /// Whether a result is written of a video with this many bytes: only then can the content be the same.
  expected<bool> has_result_of_size(std::int64_t bytes);
  /// The finished job whose result is written and has this key, else one that is publishing, whose files may not have
  /// their names yet; nothing when there is none.
  expected<std::optional<job_entry>> result_with_key(const std::string& key);
  /// What the job wrote last.
  expected<written_result> written(job_id id);
  /// Of the written results that have parts with these keys the one that has most, of several the newest, with these
  /// parts only.
  expected<std::optional<written_result>> result_with_most(const std::vector<std::string>& keys);
  /// The job's result is not as it was written any more.
  expected<void> forget_written(job_id id);
  /// RESULT for a path: `wanted`, or `wanted` with a hash of the path where another path has it already. The same for
  /// the same two from then on, also when their jobs are forgotten.
  expected<std::string> claim_result(const std::string& path, const std::string& wanted);

  /// The oldest final jobs beyond `keep`, which `trim` forgets.
  expected<std::vector<job_id>> over_beyond(std::int64_t keep);
  /// Forgets the oldest final jobs beyond `keep`, but for the versions of their files, which stay. How many that were.
  expected<std::int64_t> trim(std::int64_t keep);

private:
  using journal_view::journal_view;
};

} // namespace timeloom
