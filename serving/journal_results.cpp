#include "core/sha256.hpp"
#include "serving/journal_connection.hpp"

#include <algorithm>
#include <array>

namespace timeloom {

namespace {

// Final jobs that are older than the newest of them, so many.
const std::string beyond_kept =
    "WHERE state >= 4 AND id <= (SELECT id FROM jobs WHERE state >= 4 ORDER BY id DESC LIMIT 1 OFFSET ?)";

} // namespace

expected<bool> journal::has_result_of_size(std::int64_t bytes) {
  auto& file = *connection_->file;
  return file.guarded(
      [&]() -> expected<bool> { return file.ask("SELECT 1 FROM written WHERE bytes = ? LIMIT 1", bytes).next(); });
}

expected<std::optional<job_entry>> journal::result_with_key(const std::string& key) {
  auto& file = *connection_->file;
  return file.guarded([&]() -> expected<std::optional<job_entry>> {
    return file.first_job(
        "INDEXED BY jobs_with_key WHERE result_key <> '' AND result_key = ? AND coalesce(ending, state) IN (4, 5) AND "
        "EXISTS (SELECT 1 FROM written WHERE job = id) ORDER BY state = 3, result_of IS NOT NULL, id DESC LIMIT 1",
        key);
  });
}

expected<written_result> journal::written(job_id id) {
  auto& file = *connection_->file;
  return file.read([&]() -> expected<written_result> {
    auto row = file.ask("SELECT result, json_sha256 FROM written WHERE job = ?", id);
    if (!row.next())
      return fail(errc::not_found, "job {} has written no result", id);
    written_result found{id, row.text(0), row.text(1), {}};
    auto parts = file.ask("SELECT analyzer, key FROM parts WHERE job = ?", id);
    while (parts.next())
      found.parts[parts.text(0)] = parts.text(1);
    return found;
  });
}

expected<std::optional<written_result>> journal::result_with_most(const std::vector<std::string>& keys) {
  auto& file = *connection_->file;
  const auto wanted = names_text(keys);
  return file.read([&]() -> expected<std::optional<written_result>> {
    auto row =
        file.ask("SELECT job, result, json_sha256 FROM parts JOIN written USING (job) WHERE key IN (SELECT value "
                 "FROM json_each(?)) GROUP BY job ORDER BY count(*) DESC, job DESC LIMIT 1",
                 wanted);
    if (!row.next())
      return std::nullopt;
    written_result found{row.number(0), row.text(1), row.text(2), {}};
    auto parts = file.ask("SELECT analyzer, key FROM parts WHERE job = ? AND key IN (SELECT value FROM json_each(?))",
                          found.job, wanted);
    while (parts.next())
      found.parts[parts.text(0)] = parts.text(1);
    return found;
  });
}

expected<void> journal::forget_written(job_id id) {
  auto& file = *connection_->file;
  return file.write({"journal.forget_written.before_commit", "journal.forget_written.after_commit"},
                    [&]() -> expected<void> {
                      file.ask("DELETE FROM written WHERE job = ?", id).run();
                      return {};
                    });
}

expected<std::string> journal::claim_result(const std::string& path, const std::string& wanted) {
  auto& file = *connection_->file;
  return file.write(
      {"journal.claim_result.before_commit", "journal.claim_result.after_commit"}, [&]() -> expected<std::string> {
        const std::string hash = sha256_of(path);
        // Eight digits of the hash tell most paths apart, all of them any two.
        const std::array candidates{wanted, fmt::format("{}-{}", wanted, hash.substr(0, 8)),
                                    fmt::format("{}-{}", wanted, hash)};
        for (const auto& candidate : candidates) {
          auto owner =
              file.ask("SELECT 1 FROM results WHERE result = ? AND path = ?", as_blob{candidate}, as_blob{path});
          if (owner.next())
            return candidate;
        }
        for (const auto& candidate : candidates)
          if (file.ask("INSERT OR IGNORE INTO results VALUES (?, ?)", as_blob{candidate}, as_blob{path}).run() == 1)
            return candidate;
        return fail(errc::exhausted, "every name like {} for the result of {} belongs to another video", wanted, path);
      });
}

expected<std::vector<job_id>> journal::over_beyond(std::int64_t keep) {
  auto& file = *connection_->file;
  return file.guarded([&]() -> expected<std::vector<job_id>> {
    std::vector<job_id> found;
    auto rows = file.ask("SELECT id FROM jobs " + beyond_kept + " ORDER BY id", std::max<std::int64_t>(keep, 0));
    while (rows.next())
      found.push_back(rows.number(0));
    return found;
  });
}

expected<std::int64_t> journal::trim(std::int64_t keep) {
  auto& file = *connection_->file;
  return file.write({"journal.trim.before_commit", "journal.trim.after_commit"}, [&]() -> expected<std::int64_t> {
    const auto kept = std::max<std::int64_t>(keep, 0);
    file.ask("INSERT OR REPLACE INTO forgotten SELECT path, bytes, modified_ns, inode FROM jobs " + beyond_kept +
                 " AND analyzers = '[]' AND length(moved_to) = 0 ORDER BY id",
             kept)
        .run();
    return file.ask("DELETE FROM jobs " + beyond_kept, kept).run();
  });
}

} // namespace timeloom
