#include "serving/journal.hpp"

#include "serving/journal_connection.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/ranges.h>
#include <initializer_list>

namespace timeloom {

namespace {

constexpr int story_lines = 200;

void tell(journal_connection& file, job_id id, wall_time now, const std::string& what) {
  fail_point("journal.before_story");
  file.ask("INSERT INTO steps SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3 FROM steps WHERE job = ?1", id, now, what)
      .run();
  file.ask("DELETE FROM steps WHERE job = ?1 AND number <= (SELECT max(number) FROM steps WHERE job = ?1) - ?2", id,
           story_lines)
      .run();
}

// Writes what can change of a job.
void store(journal_connection& file, const job_entry& job, std::optional<job_state> ending = std::nullopt) {
  file.ask("UPDATE jobs SET bytes = ?, modified_ns = ?, inode = ?, lane = ?, state = ?, ending = ?, reason = ?, "
           "analyzers = ?, attempts = ?, interruptions = ?, "
           "changed = ?, not_before = ?, content_sha256 = ?, result_key = ?, result = ?, formats = ?, "
           "result_of = (SELECT id FROM jobs WHERE id = ?), moved_to = ?, suspect = ? WHERE id = ?",
           job.version.bytes, job.version.modified_ns, job.version.inode, job.lane, job.state, ending, job.reason,
           names_text(job.analyzers), job.attempts, job.interruptions, job.changed, job.not_before, job.content_sha256,
           job.result_key, as_blob{job.result}, names_text(job.formats), job.result_of, as_blob{job.moved_to},
           job.suspect, job.id)
      .run();
}

// What can be taken from the result that the job is about to have.
void note_written(journal_connection& file, const job_entry& job, const job_ending& ending) {
  file.ask("DELETE FROM written WHERE job = ?", job.id).run();
  file.ask("INSERT INTO written VALUES (?, ?, ?, ?)", job.id, job.version.bytes, as_blob{ending.result},
           ending.json_sha256)
      .run();
  for (const auto& [analyzer, key] : ending.parts)
    file.ask("INSERT INTO parts VALUES (?, ?, ?)", job.id, analyzer, key).run();
}

// A job that was done does all of it again, a partial one what is missing: no other job's result will do instead.
void forget_what_is_asked_again(journal_connection& file, const job_entry& job) {
  if (job.state == job_state::done)
    file.ask("DELETE FROM written WHERE job = ?1 OR job IN (SELECT job FROM parts WHERE key IN (SELECT key FROM parts "
             "WHERE job = ?1))",
             job.id)
        .run();
  if (job.state == job_state::partial)
    file.ask("DELETE FROM written WHERE job <> ?1 AND job IN (SELECT id FROM jobs WHERE result_key <> '' AND "
             "result_key = ?2)",
             job.id, job.result_key)
        .run();
}

std::string story_of(const job_ending& ending) {
  if (ending.result_of)
    return fmt::format("has the same content as job {}", *ending.result_of);
  if (ending.result.empty())
    return "ended without a result";
  if (!ending.taken.empty())
    return fmt::format("analyzed; an earlier result had: {}", fmt::join(ending.taken, ", "));
  return "analyzed";
}

bool in_state(const job_entry& job, std::initializer_list<job_state> states) {
  return std::ranges::find(states, job.state) != states.end();
}

// Takes one job from one of the states `from` further: `body` changes it and gives the line for its story. `ending` of
// a job that becomes a publishing one: the state that follows.
template <class Body>
expected<void> move_job(journal_connection& file, commit_points points, job_id id,
                        std::initializer_list<job_state> from, std::string_view verb, wall_time now, Body&& body,
                        std::optional<job_state> ending = std::nullopt) {
  return file.write(points, [&]() -> expected<void> {
    auto job = file.job(id);
    if (!job)
      return tl::unexpected{job.error()};
    if (!in_state(*job, from))
      return fail(errc::invalid_argument, "job {} is {} and cannot be {}", id, to_string(job->state), verb);
    const std::string what = body(*job);
    job->changed = now;
    store(file, *job, ending);
    tell(file, id, now, what);
    return {};
  });
}

std::string state_and_reason(const job_entry& job) {
  return job.reason.empty() ? std::string{to_string(job.state)}
                            : fmt::format("{}: {}", to_string(job.state), job.reason);
}

void forget_ending(job_entry& job) {
  job.result_key.clear();
  job.result.clear();
  job.formats.clear();
  job.result_of.reset();
}

bool is_charged(job_state ending) {
  return ending == job_state::failed || ending == job_state::quarantined;
}

expected<void> check_final(job_id id, job_state state) {
  if (!is_final(state))
    return fail(errc::invalid_argument, "job {} cannot end as {}", id, to_string(state));
  return {};
}

job_entry add_one(journal_connection& file, const new_job& seen, wall_time now) {
  const auto& [bytes, modified_ns, inode] = seen.version;
  const auto analyzers = names_text(seen.analyzers);
  if (auto same = file.first_job("WHERE path = ? AND bytes = ? AND modified_ns = ? AND inode = ? AND analyzers = ? AND "
                                 "length(moved_to) = 0 ORDER BY id DESC LIMIT 1",
                                 as_blob{seen.path}, bytes, modified_ns, inode, analyzers))
    return std::move(*same);

  auto newest = file.first_job("WHERE path = ? AND analyzers = ? AND length(moved_to) = 0 ORDER BY id DESC LIMIT 1",
                               as_blob{seen.path}, analyzers);
  if (newest && in_state(*newest, {job_state::queued, job_state::paused})) {
    newest->version = seen.version;
    newest->lane = std::min(newest->lane, seen.lane); // one that somebody waits for stays so
    if (newest->state == job_state::queued)
      newest->reason.clear();
    newest->attempts = newest->interruptions = 0;
    newest->suspect = false;
    newest->not_before = now;
    newest->content_sha256.clear();
    store(file, *newest);
    tell(file, newest->id, now, fmt::format("changed before its turn: {} bytes now", bytes));
    return std::move(*newest);
  }

  file.ask(
          "INSERT INTO jobs (path, bytes, modified_ns, inode, lane, state, reason, analyzers, attempts, interruptions, "
          "created, changed, not_before, content_sha256, result_key, result, formats, moved_to) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, '', ?7, 0, 0, ?8, ?8, ?8, '', '', x'', '[]', x'')",
          as_blob{seen.path}, bytes, modified_ns, inode, seen.lane, job_state::queued, analyzers, now)
      .run();
  job_entry added{.id = file.last_inserted(),
                  .path = seen.path,
                  .version = seen.version,
                  .lane = seen.lane,
                  .analyzers = seen.analyzers,
                  .created = now,
                  .changed = now,
                  .not_before = now};
  tell(file, added.id, now, fmt::format("queued: {} bytes, {}", bytes, to_string(seen.lane)));
  return added;
}

} // namespace

expected<journal> journal::open(const std::string& path) {
  return journal_connection::open_writer(path).map(
      [](auto opened) { return journal{std::make_unique<connection>(connection{std::move(opened)})}; });
}

expected<std::vector<job_entry>> journal::add(const std::vector<new_job>& seen, wall_time now) {
  auto& file = *connection_->file;
  return file.write({"journal.add.before_commit", "journal.add.after_commit"},
                    [&]() -> expected<std::vector<job_entry>> {
                      std::vector<job_entry> entries;
                      for (const auto& one : seen)
                        entries.push_back(add_one(file, one, now));
                      return entries;
                    });
}

expected<std::vector<job_entry>> journal::waiting(wall_time now, int limit) {
  auto& file = *connection_->file;
  return file.read([&]() -> expected<std::vector<job_entry>> {
    const std::string alone = " AND path NOT IN (SELECT path FROM jobs INDEXED BY jobs_in_state WHERE state IN (2, 3))";
    const std::string due = "INDEXED BY jobs_waiting WHERE state = 0 AND suspect = 0 AND lane = ? AND not_before <= ?" +
                            alone + " ORDER BY id LIMIT ?";
    auto found =
        file.jobs("INDEXED BY jobs_suspected WHERE state = 0 AND suspect = 1 AND not_before <= ?" + alone, now);
    std::ranges::move(file.jobs(due, job_lane::interactive, now, limit), std::back_inserter(found));
    std::ranges::move(file.jobs(due, job_lane::batch, now, limit), std::back_inserter(found));
    return found;
  });
}

expected<void> journal::start(job_id id, wall_time now) {
  return move_job(*connection_->file, {"journal.start.before_commit", "journal.start.after_commit"}, id,
                  {job_state::queued}, "started", now, [&](job_entry& job) {
                    job.state = job_state::running;
                    job.reason.clear();
                    return fmt::format("attempt {} started", job.attempts + 1);
                  });
}

expected<void> journal::publish(job_id id, const job_ending& ending, wall_time now) {
  if (auto allowed = check_final(id, ending.state); !allowed)
    return allowed;
  return move_job(
      *connection_->file, {"journal.publish.before_commit", "journal.publish.after_commit"}, id,
      {job_state::running, job_state::queued}, "published", now,
      [&](job_entry& job) {
        job.attempts += job.state == job_state::running && is_charged(ending.state) ? 1 : 0;
        job.state = job_state::publishing;
        job.reason = ending.reason;
        job.content_sha256 = ending.content_sha256;
        job.result_key = ending.result_key;
        job.result = ending.result;
        job.formats = ending.formats;
        job.result_of = ending.result_of;
        if (!ending.result.empty())
          note_written(*connection_->file, job, ending);
        return story_of(ending);
      },
      ending.state);
}

expected<void> journal::settle(job_id id, const std::string& moved_to, wall_time now, const std::string& remark) {
  auto& file = *connection_->file;
  return move_job(file, {"journal.settle.before_commit", "journal.settle.after_commit"}, id, {job_state::publishing},
                  "settled", now, [&](job_entry& job) {
                    auto ending = file.ask("SELECT ending FROM jobs WHERE id = ?", id);
                    ending.next();
                    job.state = static_cast<job_state>(ending.number(0));
                    auto told = state_and_reason(job) + (remark.empty() ? "" : "; " + remark);
                    if (moved_to.empty())
                      return told;
                    job.moved_to = moved_to;
                    file.ask("UPDATE jobs SET moved_to = ?1 WHERE path = ?2 AND bytes = ?3 AND modified_ns = ?4 AND "
                             "inode = ?5 AND length(moved_to) = 0",
                             as_blob{moved_to}, as_blob{job.path}, job.version.bytes, job.version.modified_ns,
                             job.version.inode)
                        .run();
                    return fmt::format("{}; the video is now {}", told, moved_to);
                  });
}

expected<void> journal::end(job_id id, job_state state, const std::string& reason, wall_time now) {
  if (auto allowed = check_final(id, state); !allowed)
    return allowed;
  return move_job(*connection_->file, {"journal.end.before_commit", "journal.end.after_commit"}, id,
                  {job_state::running, job_state::queued}, "ended", now, [&](job_entry& job) {
                    job.attempts += job.state == job_state::running && is_charged(state) ? 1 : 0;
                    job.state = state;
                    job.reason = reason;
                    return state_and_reason(job);
                  });
}

expected<void> journal::retry_later(job_id id, const std::string& reason, bool charged, wall_time when, wall_time now,
                                    const std::optional<file_version>& version) {
  return move_job(*connection_->file, {"journal.retry_later.before_commit", "journal.retry_later.after_commit"}, id,
                  {job_state::running, job_state::publishing}, "retried later", now, [&](job_entry& job) {
                    forget_ending(job);
                    const int attempt = job.attempts + 1;
                    job.attempts += charged ? 1 : 0;
                    job.suspect = job.suspect && !charged;
                    job.version = version.value_or(job.version);
                    job.state = job_state::queued;
                    job.reason = reason;
                    job.not_before = when;
                    return fmt::format("attempt {} {}: {}; the next in {:.1f} s", attempt,
                                       charged ? "failed" : "stopped, free of charge", reason,
                                       std::chrono::duration<double>{std::max(when, now) - now}.count());
                  });
}

expected<std::vector<job_entry>> journal::recover(wall_time now) {
  auto& file = *connection_->file;
  return file.write({"journal.recover.before_commit", "journal.recover.after_commit"},
                    [&]() -> expected<std::vector<job_entry>> {
                      auto interrupted = file.jobs("WHERE state = ? ORDER BY id", job_state::running);
                      const bool alone = interrupted.size() == 1;
                      for (auto& job : interrupted) {
                        job.state = job_state::queued;
                        job.reason = "the daemon ended while it ran";
                        job.interruptions += alone ? 1 : 0;
                        job.suspect = true;
                        job.changed = job.not_before = now;
                        store(file, job);
                        tell(file, job.id, now,
                             fmt::format("attempt {} ended with the daemon, beside {} more; queued again, to run alone",
                                         job.attempts + 1, interrupted.size() - 1));
                      }
                      return file.jobs("WHERE state = ? ORDER BY id", job_state::publishing);
                    });
}

expected<void> journal::cancel(job_id id, wall_time now) {
  return move_job(*connection_->file, {"journal.cancel.before_commit", "journal.cancel.after_commit"}, id,
                  {job_state::queued, job_state::paused}, "cancelled", now, [](job_entry& job) {
                    job.state = job_state::cancelled;
                    return job.reason = "cancelled on request";
                  });
}

expected<void> journal::pause(job_id id, wall_time now) {
  return move_job(*connection_->file, {"journal.pause.before_commit", "journal.pause.after_commit"}, id,
                  {job_state::queued}, "paused", now, [](job_entry& job) {
                    job.state = job_state::paused;
                    return job.reason = "paused on request";
                  });
}

expected<void> journal::resume(job_id id, wall_time now) {
  return move_job(*connection_->file, {"journal.resume.before_commit", "journal.resume.after_commit"}, id,
                  {job_state::paused}, "resumed", now, [](job_entry& job) {
                    job.state = job_state::queued;
                    job.reason.clear();
                    return "resumed on request";
                  });
}

expected<bool> journal::is_queue_paused() {
  auto& file = *connection_->file;
  return file.guarded([&]() -> expected<bool> {
    auto row = file.ask("SELECT value FROM settings WHERE name = 'queue_paused'");
    return row.next() && row.number(0) != 0;
  });
}

expected<void> journal::pause_queue(bool paused) {
  auto& file = *connection_->file;
  return file.write({"journal.pause_queue.before_commit", "journal.pause_queue.after_commit"}, [&]() -> expected<void> {
    file.ask("INSERT OR REPLACE INTO settings VALUES ('queue_paused', ?)", static_cast<int>(paused)).run();
    return {};
  });
}

expected<void> journal::retry(job_id id, wall_time now, const std::optional<std::vector<std::string>>& analyzers) {
  auto& file = *connection_->file;
  return move_job(
      file, {"journal.retry.before_commit", "journal.retry.after_commit"}, id,
      {job_state::done, job_state::partial, job_state::failed, job_state::quarantined, job_state::cancelled}, "retried",
      now, [&](job_entry& job) {
        if (!analyzers)
          forget_what_is_asked_again(file, job);
        // What stays is what was asked for, and where the video is.
        job = {.id = job.id,
               .path = job.path,
               .version = job.version,
               .lane = job.lane,
               .analyzers = analyzers.value_or(job.analyzers),
               .created = job.created,
               .not_before = now,
               .moved_to = job.moved_to};
        return "queued again on request";
      });
}

} // namespace timeloom
