#include "serving/journal.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Transaction.h>
#include <atomic>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace timeloom;
using namespace std::chrono_literals;
using tests::temporary_folder;

namespace {

constexpr wall_time noon{12h};

std::vector<new_job> many_jobs(int count, int first = 0) {
  std::vector<new_job> jobs;
  for (int i = first; i < first + count; ++i)
    jobs.push_back({.path = "/in/" + std::to_string(i), .version = {i, 1, 1}});
  return jobs;
}

// While it lives no file of this process may become larger, as on a disk that is full.
class full_disk {
public:
  explicit full_disk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  full_disk(const full_disk&) = delete;
  full_disk& operator=(const full_disk&) = delete;
  ~full_disk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }

private:
  sighandler_t handler_;
  rlimit before_{};
};

// A journal as the first daemons made it, with a video that was done, one that was being published and one that waits.
std::string journal_of_layout_1(const temporary_folder& folder) {
  auto path = folder.at("old.db");
  SQLite::Database raw{path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  raw.exec(R"(
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

PRAGMA journal_mode = WAL;
PRAGMA application_id = 0x746c6a6e;
PRAGMA user_version = 1;
INSERT INTO jobs VALUES
  (7, x'2f696e2f61', 100, 2, 3, 1, 4, NULL, '', '[]', 0, 0, 1, 2, 1, 'aa', 'kk', x'2f6f75742f61', '["json"]', NULL, x''),
  (8, x'2f696e2f62', 101, 2, 3, 1, 3, 4, '', '[]', 0, 0, 1, 2, 1, 'bb', 'll', x'2f6f75742f62', '["json"]', 7, x''),
  (9, x'2f696e2f63', 102, 2, 3, 0, 0, NULL, '', '["cut_analysis"]', 1, 0, 1, 2, 1, '', '', x'', '[]', NULL, x'');
INSERT INTO steps VALUES (7, 1, 1, 'queued');
INSERT INTO results VALUES (x'2f6f75742f61', x'2f696e2f61');
)");
  return path;
}

mode_t mode_of(const std::string& path) {
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  return about.st_mode & 0777;
}

} // namespace

TEST_CASE("a journal that is opened again has what it had") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  const auto added = journal::open(path)->add(many_jobs(3), noon);
  REQUIRE(added);
  auto again = journal::open(path);
  REQUIRE(again);
  CHECK(again->jobs({}).value() == std::vector(added->rbegin(), added->rend()));
}

TEST_CASE("only its user can read the journal") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  {
    auto file = journal::open(path);
    REQUIRE(file->add(many_jobs(1), noon));
    for (const auto* suffix : {"", "-wal", "-shm", ".lock"})
      CHECK(mode_of(path + suffix) == 0600);
  }
  REQUIRE(::chmod(path.c_str(), 0644) == 0);
  REQUIRE(journal::open(path));
  CHECK(mode_of(path) == 0600);
}

TEST_CASE("one at a time has the journal, in one process and in two") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  {
    const auto first = journal::open(path);
    REQUIRE(first);
    const auto second = journal::open(path);
    REQUIRE_FALSE(second);
    CHECK(second.error() == error{errc::not_allowed, "the journal " + path + " is in use by another daemon"});

    // A lock goes with its open file, so the child has to let go of the one that it inherited.
    const pid_t child = ::fork();
    if (child == 0) {
      ::close_range(3, ~0U, 0);
      const auto third = journal::open(path);
      ::_exit(!third && third.error().code == errc::not_allowed ? 0 : 1);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
  CHECK(journal::open(path));
}

TEST_CASE("a view reads what is there while the writer is in a transaction") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  CHECK(journal_view::open(path).error().code == errc::not_found);
  auto file = journal::open(path);
  REQUIRE(file->add(many_jobs(2), noon));
  auto view = journal_view::open(path);
  REQUIRE(view);
  {
    SQLite::Database raw{path, SQLite::OPEN_READWRITE};
    SQLite::Transaction whole{raw, SQLite::TransactionBehavior::IMMEDIATE};
    raw.exec("UPDATE jobs SET state = 1");
    CHECK(view->job(1)->state == job_state::queued);
    CHECK(view->counts().value() == std::map<job_state, std::int64_t>{{job_state::queued, 2}});
    CHECK(view->story(1)->size() == 1);
  }
  REQUIRE(file->start(1, noon));
  CHECK(view->job(1)->state == job_state::running);
}

TEST_CASE("views on other threads see whole transactions only") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  auto file = journal::open(path);
  std::atomic<bool> over = false;
  std::string wrong;
  std::thread reader{[&] {
    auto view = journal_view::open(path);
    while (view && wrong.empty() && !over) {
      const auto counts = view->counts();
      if (!counts)
        wrong = counts.error().message;
      else if (counts->contains(job_state::queued) && counts->at(job_state::queued) % 7 != 0)
        wrong = "a part of a transaction was seen";
    }
    if (!view)
      wrong = view.error().message;
  }};
  for (int i = 0; i < 20; ++i)
    if (!file->add(many_jobs(7, i * 7), noon))
      break;
  over = true;
  reader.join();
  CHECK(wrong.empty());
  CHECK(file->counts()->at(job_state::queued) == 140);
}

TEST_CASE("where the disk is full the journal says so, keeps what it had and goes on once there is room") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  auto file = journal::open(path);
  REQUIRE(file->add(many_jobs(1), noon));

  expected<std::vector<job_entry>> refused;
  expected<void> small;
  expected<job_entry> read;
  {
    const full_disk now{static_cast<rlim_t>(std::filesystem::file_size(path + "-wal"))};
    refused = file->add(many_jobs(1000, 1), noon);
    small = file->start(1, noon);
    read = file->job(1);
  }
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::io);
  CHECK(refused.error().message == "the journal " + path + ": disk I/O error");
  REQUIRE_FALSE(small);
  CHECK(small.error().code == errc::io);
  REQUIRE(read);
  CHECK(read->state == job_state::queued);

  CHECK(file->counts()->at(job_state::queued) == 1);
  REQUIRE(file->add(many_jobs(1000, 1), noon));
  REQUIRE(file->start(1, noon));
  CHECK(file->counts()->at(job_state::queued) == 1000);
}

TEST_CASE("a damaged journal is an error that says what to do") {
  temporary_folder folder;
  const auto path = folder.at("journal.db");
  REQUIRE(journal::open(path)->add(many_jobs(200), noon));
  SECTION("pages in its middle are overwritten") {
    std::fstream raw{path, std::ios::in | std::ios::out | std::ios::binary};
    raw.seekp(3 * 4096);
    raw << std::string(5 * 4096, '\x55');
  }
  SECTION("it is cut short") {
    std::filesystem::resize_file(path, 3 * 4096);
  }
  SECTION("it is a text") {
    std::ofstream{path} << std::string(5000, 'x');
  }
  const auto opened = journal::open(path);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().code == errc::io);
  CHECK(opened.error().message.starts_with("the journal " + path + " is damaged ("));
  CHECK(opened.error().message.ends_with("); move it and " + path +
                                         "-wal away and start again: the history of the jobs "
                                         "is lost with it, their results stay"));
}

TEST_CASE("a journal of a newer layout and another program's database are left alone") {
  temporary_folder folder;
  const auto newer = folder.at("newer.db");
  REQUIRE(journal::open(newer)->add(many_jobs(1), noon));
  const int known = SQLite::Database{newer}.execAndGet("PRAGMA user_version").getInt();
  SQLite::Database{newer, SQLite::OPEN_READWRITE}.exec("PRAGMA user_version = 1000");
  const auto other = folder.at("other.db");
  SQLite::Database{other, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE}.exec("CREATE TABLE jobs (id)");

  const auto from_the_future = journal::open(newer);
  REQUIRE_FALSE(from_the_future);
  CHECK(from_the_future.error().code == errc::unsupported);
  CHECK(
      from_the_future.error().message ==
      "the journal " + newer + " has layout 1000, and this timeloom knows " + std::to_string(known) +
          "; use the newer one again, or move the journal away: the history of the jobs is lost with it, their results "
          "stay");
  CHECK(journal_view::open(newer).error() == from_the_future.error());
  CHECK(journal::open(other).error() ==
        error{errc::unsupported, other + " is the database of another program; name another file as the journal"});
}

TEST_CASE("a journal of the first layout is brought up to date, and nothing in it is lost") {
  temporary_folder folder;
  const auto path = journal_of_layout_1(folder);
  const auto too_early = journal_view::open(path);
  REQUIRE_FALSE(too_early);
  CHECK(too_early.error().code == errc::unsupported);
  CHECK(too_early.error().message == "the journal " + path +
                                         " has layout 1, and this timeloom reads 4; its daemon brings it up to date "
                                         "when it starts");
  {
    auto file = journal::open(path);
    REQUIRE(file);
    const auto done = file->job(7).value();
    CHECK(done.path == "/in/a");
    CHECK(done.state == job_state::done);
    CHECK(done.result == "/out/a");
    CHECK(file->job(8)->result_of == 7);
    CHECK(file->recover(noon)->at(0).id == 8);
    REQUIRE(file->settle(8, "", noon));
    CHECK(file->story(7)->at(0).what == "queued");
    CHECK(file->claim_result("/in/a", "/out/a").value() == "/out/a");
    CHECK(file->waiting(noon, 9)->at(0).analyzers == std::vector<std::string>{"cut_analysis"});
    // What was written before there were hashes cannot be told from what changed since.
    CHECK_FALSE(file->has_result_of_size(100).value());
    CHECK_FALSE(file->result_with_key("kk").value());
    REQUIRE(file->start(9, noon));
    REQUIRE(file->publish(9, {.result = "/out/c", .json_sha256 = "sum", .parts = {{"cut_analysis", "k"}}}, noon));
    CHECK(file->has_result_of_size(102).value());
  }
  auto again = journal::open(path);
  REQUIRE(again);
  CHECK(again->result_with_most({"k"}).value()->result == "/out/c");
  CHECK(journal_view::open(path)->job(7)->result == "/out/a");
  CHECK_FALSE(again->is_queue_paused().value());
  REQUIRE(again->retry(7, noon));
  REQUIRE(again->start(7, noon));
  REQUIRE(again->recover(noon));
  CHECK(journal_view::open(path)->job(7)->suspect);
}

TEST_CASE("a journal that cannot be created is an error with its path") {
  temporary_folder folder;
  CHECK(journal::open(folder.at("nowhere/journal.db")).error().message ==
        "cannot open " + folder.at("nowhere/journal.db") + ".lock: No such file or directory");
  std::filesystem::create_directory(folder.at("a_folder"));
  CHECK(journal::open(folder.at("a_folder")).error().code == errc::io);
  CHECK(journal_view::open(folder.file("empty.db", "")).error().code == errc::not_found);
}
