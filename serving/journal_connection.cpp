#include "serving/journal_connection.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace timeloom {

namespace {

constexpr int application_id = 0x746c6a6e; // "tljn"
constexpr int busy_timeout_ms = 5000;

static_assert(static_cast<int>(job_state::queued) == 0 && static_cast<int>(job_state::running) == 2 &&
                  static_cast<int>(job_state::publishing) == 3 && static_cast<int>(job_state::done) == 4 &&
                  static_cast<int>(job_state::partial) == 5 && static_cast<int>(job_state::cancelled) == 8,
              "the numbers of the states are on disk");
static_assert(static_cast<int>(job_lane::interactive) == 0 && static_cast<int>(job_lane::batch) == 1);

// Layout 1. Times in ms since 1970. `ending` is the state after publishing.
constexpr auto tables = R"(
CREATE TABLE jobs (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  path           BLOB    NOT NULL,
  bytes          INTEGER NOT NULL,
  modified_ns    INTEGER NOT NULL,
  inode          INTEGER NOT NULL,
  lane           INTEGER NOT NULL CHECK (lane BETWEEN 0 AND 1),
  state          INTEGER NOT NULL CHECK (state BETWEEN 0 AND 8),
  ending         INTEGER CHECK (ending BETWEEN 4 AND 8),
  reason         TEXT    NOT NULL,
  analyzers      TEXT    NOT NULL,
  attempts       INTEGER NOT NULL,
  interruptions  INTEGER NOT NULL,
  created        INTEGER NOT NULL,
  changed        INTEGER NOT NULL,
  not_before     INTEGER NOT NULL,
  content_sha256 TEXT    NOT NULL,
  result_key     TEXT    NOT NULL,
  result         BLOB    NOT NULL,
  formats        TEXT    NOT NULL,
  result_of      INTEGER REFERENCES jobs (id) ON DELETE SET NULL,
  moved_to       BLOB    NOT NULL,
  CHECK ((state = 3) = (ending IS NOT NULL))
) STRICT;
CREATE INDEX jobs_of_path ON jobs (path, id);
CREATE INDEX jobs_in_state ON jobs (state, id);
CREATE INDEX jobs_waiting ON jobs (lane, id, not_before) WHERE state = 0;
CREATE INDEX jobs_due ON jobs (not_before) WHERE state = 0;
CREATE INDEX jobs_of_size ON jobs (bytes, id) WHERE state IN (4, 5);
CREATE INDEX jobs_with_key ON jobs (result_key, id) WHERE result_key <> '';
CREATE INDEX jobs_with_result_of ON jobs (result_of) WHERE result_of IS NOT NULL;

CREATE TABLE steps (
  job    INTEGER NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  what   TEXT    NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE results (
  result BLOB PRIMARY KEY,
  path   BLOB NOT NULL
) STRICT, WITHOUT ROWID;
)";

// What each later layout adds to the one before it.
constexpr std::array additions{
    // 2: `written` are the results as their jobs wrote them, `parts` the keys of the analyzers that are done in them.
    R"(
CREATE TABLE written (
  job         INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
  bytes       INTEGER NOT NULL,
  result      BLOB    NOT NULL,
  json_sha256 TEXT    NOT NULL
) STRICT;
CREATE INDEX written_of_size ON written (bytes);

CREATE TABLE parts (
  job      INTEGER NOT NULL REFERENCES written (job) ON DELETE CASCADE,
  analyzer TEXT    NOT NULL,
  key      TEXT    NOT NULL,
  PRIMARY KEY (job, analyzer)
) STRICT, WITHOUT ROWID;
CREATE INDEX parts_with_key ON parts (key);

DROP INDEX jobs_of_size;
)",
    // 3: jobs that ran when the daemon died; whether the queue is paused.
    R"(
ALTER TABLE jobs ADD COLUMN suspect INTEGER NOT NULL DEFAULT 0 CHECK (suspect BETWEEN 0 AND 1);
CREATE INDEX jobs_suspected ON jobs (id) WHERE state = 0 AND suspect = 1;
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)",
    // 4: the version of a path whose newest job for the configured analyzers was forgotten.
    R"(
CREATE TABLE forgotten (
  path        BLOB PRIMARY KEY,
  bytes       INTEGER NOT NULL,
  modified_ns INTEGER NOT NULL,
  inode       INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)",
};
constexpr int layout = 1 + static_cast<int>(additions.size());

error damaged(const std::string& path, std::string_view words) {
  return {errc::io, fmt::format("the journal {} is damaged ({}); move it and {}-wal away and start again: the history "
                                "of the jobs is lost with it, their results stay",
                                path, words, path)};
}

expected<unique_fd> lock_beside(const std::string& path) {
  const std::string name = path + ".lock";
  unique_fd lock{::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!lock)
    return fail(errc::io, "cannot open {}: {}", name, errno_text(errno));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0)
    return lock;
  if (errno == EWOULDBLOCK)
    return fail(errc::not_allowed, "the journal {} is in use by another daemon", path);
  return fail(errc::io, "cannot lock {}: {}", name, errno_text(errno));
}

// SQLite gives the files beside it the same mode.
expected<void> create_for_this_user(const std::string& path) {
  // A file that is there is not opened: closing it again would let go SQLite's own locks on it in this process.
  const unique_fd made{::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)};
  if (!made && errno != EEXIST)
    return fail(errc::io, "cannot create the journal {}: {}", path, errno_text(errno));
  if (!made && ::chmod(path.c_str(), 0600) != 0)
    return fail(errc::io, "cannot make the journal {} private: {}", path, errno_text(errno));
  return {};
}

// What no writer of ours writes: the file has changed by itself.
[[noreturn]] void throw_damage(const char* what) {
  throw SQLite::Exception{what, SQLITE_CORRUPT};
}

std::vector<std::string> names_from(const std::string& text) {
  const auto names = nlohmann::json::parse(text, nullptr, false);
  if (!names.is_array() || !std::ranges::all_of(names, [](const auto& name) { return name.is_string(); }))
    throw_damage("a list of names that is none");
  return names.get<std::vector<std::string>>();
}

template <class Enum>
Enum enum_from(std::int64_t number, Enum last) {
  if (number < 0 || number > static_cast<std::int64_t>(last))
    throw_damage("a state or lane that there is not");
  return static_cast<Enum>(number);
}

} // namespace

std::string names_text(const std::vector<std::string>& names) {
  return nlohmann::json(names).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

journal_connection::journal_connection(const std::string& path, int flags, unique_fd lock)
    : path_(path), lock_(std::move(lock)), database_(path, flags, busy_timeout_ms) {}

expected<std::unique_ptr<journal_connection>> journal_connection::open_writer(const std::string& path) {
  auto lock = lock_beside(path);
  if (!lock)
    return tl::unexpected{lock.error()};
  if (auto made = create_for_this_user(path); !made)
    return tl::unexpected{made.error()};
  try {
    std::unique_ptr<journal_connection> opened{new journal_connection{path, SQLite::OPEN_READWRITE, std::move(*lock)}};
    auto ready = opened->guarded([&]() -> expected<void> {
      if (auto known = opened->check_layout(true); !known)
        return known;
      return opened->prepare_writing();
    });
    if (!ready)
      return tl::unexpected{ready.error()};
    return opened;
  } catch (const SQLite::Exception& problem) {
    return fail(errc::io, "cannot open the journal {}: {}", path, problem.what());
  }
}

expected<std::unique_ptr<journal_connection>> journal_connection::open_reader(const std::string& path) {
  if (struct stat about{}; ::stat(path.c_str(), &about) != 0)
    return fail(errno == ENOENT ? errc::not_found : errc::io, "cannot open the journal {}: {}", path,
                errno_text(errno));
  try {
    std::unique_ptr<journal_connection> opened{new journal_connection{path, SQLite::OPEN_READONLY, unique_fd{}}};
    if (auto known = opened->guarded([&] { return opened->check_layout(false); }); !known)
      return tl::unexpected{known.error()};
    return opened;
  } catch (const SQLite::Exception& problem) {
    return fail(errc::io, "cannot open the journal {}: {}", path, problem.what());
  }
}

expected<void> journal_connection::check_layout(bool may_be_older) {
  const int owner = database_.execAndGet("PRAGMA application_id").getInt();
  const int version = database_.execAndGet("PRAGMA user_version").getInt();
  if (owner == application_id && (version == layout || (version < layout && may_be_older)))
    return {};
  if (owner == application_id && version < layout)
    return fail(errc::unsupported,
                "the journal {} has layout {}, and this timeloom reads {}; its daemon brings it up to date when it "
                "starts",
                path_, version, layout);
  if (owner == application_id)
    return fail(
        errc::unsupported,
        "the journal {} has layout {}, and this timeloom knows {}; use the newer one again, or move the journal "
        "away: the history of the jobs is lost with it, their results stay",
        path_, version, layout);
  if (owner == 0 && database_.execAndGet("SELECT count(*) FROM sqlite_schema").getInt() == 0)
    return may_be_older ? expected<void>{} : fail(errc::not_found, "the journal {} is still empty", path_);
  return fail(errc::unsupported, "{} is the database of another program; name another file as the journal", path_);
}

expected<void> journal_connection::prepare_writing() {
  if (const std::string found = database_.execAndGet("PRAGMA quick_check(1)").getString(); found != "ok")
    return tl::unexpected{damaged(path_, found)};
  if (const std::string mode = database_.execAndGet("PRAGMA journal_mode = WAL").getString(); mode != "wal")
    return fail(errc::io,
                "the journal {} cannot have a write-ahead log there (SQLite keeps \"{}\"); put it on a local disk",
                path_, mode);
  database_.exec("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
                 "PRAGMA journal_size_limit = 16777216");
  return write({"journal.create.before_commit", "journal.create.after_commit"}, [&]() -> expected<void> {
    const int version = database_.execAndGet("PRAGMA user_version").getInt();
    if (version == 0)
      database_.exec(fmt::format("{} PRAGMA application_id = {}", tables, application_id));
    for (int next = std::max(version, 1) + 1; next <= layout; ++next)
      database_.exec(additions.at(static_cast<std::size_t>(next - 2)));
    if (version != layout)
      database_.exec(fmt::format("PRAGMA user_version = {}", layout));
    return {};
  });
}

SQLite::Statement& journal_connection::prepared(const std::string& sql) {
  const auto known = statements_.find(sql);
  return known != statements_.end() ? known->second
                                    : statements_.emplace(sql, SQLite::Statement{database_, sql}).first->second;
}

error journal_connection::in_words(const SQLite::Exception& problem) const {
  const int code = problem.getErrorCode() & 0xff; // without SQLite's details
  if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
    return damaged(path_, problem.what());
  return {errc::io, fmt::format("the journal {}: {}", path_, problem.what())};
}

expected<job_entry> journal_connection::job(job_id id) {
  auto found = first_job("WHERE id = ?", id);
  if (!found)
    return fail(errc::not_found, "there is no job {}", id);
  return std::move(*found);
}

const std::string& journal_connection::select_jobs() {
  static const std::string text =
      "SELECT id, path, bytes, modified_ns, inode, lane, state, reason, analyzers, attempts, "
      "interruptions, created, changed, not_before, content_sha256, result_key, result, "
      "formats, result_of, moved_to, suspect FROM jobs ";
  return text;
}

job_entry journal_connection::read_job(const statement_use& row) {
  const auto time = [&](int column) { return wall_time{std::chrono::milliseconds{row.number(column)}}; };
  return {
      .id = row.number(0),
      .path = row.text(1),
      .version = {row.number(2), row.number(3), static_cast<std::uint64_t>(row.number(4))},
      .lane = enum_from(row.number(5), job_lane::batch),
      .state = enum_from(row.number(6), job_state::cancelled),
      .reason = row.text(7),
      .analyzers = names_from(row.text(8)),
      .attempts = static_cast<int>(row.number(9)),
      .interruptions = static_cast<int>(row.number(10)),
      .created = time(11),
      .changed = time(12),
      .not_before = time(13),
      .content_sha256 = row.text(14),
      .result_key = row.text(15),
      .result = row.text(16),
      .formats = names_from(row.text(17)),
      .result_of = row.optional_number(18),
      .moved_to = row.text(19),
      .suspect = row.number(20) != 0,
  };
}

} // namespace timeloom
