/// The journal's SQLite file as its readers and its writer see it: opened and checked, each statement prepared once,
/// SQLiteCpp's exceptions turned into errors.
///
/// Only for the sources of the journal. One owner, one thread at a time.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"
#include "serving/fail_point.hpp"
#include "serving/journal.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <concepts>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace timeloom {

/// Bound as bytes instead of as text: a path.
struct as_blob {
  const std::string& bytes;
};

/// One use of a prepared statement, reset when it goes: so it keeps no old state of the file alive.
class statement_use {
public:
  template <class... Values>
  explicit statement_use(SQLite::Statement& prepared, const Values&... values) : prepared_(prepared) {
    int place = 0;
    (bind(++place, values), ...);
  }
  statement_use(const statement_use&) = delete;
  statement_use& operator=(const statement_use&) = delete;
  ~statement_use() { prepared_.tryReset(); }

  /// Whether there is one more row.
  bool next() { return prepared_.executeStep(); }
  /// For statements without rows: how many they changed.
  int run() { return prepared_.exec(); }

  std::int64_t number(int column) const { return prepared_.getColumn(column).getInt64(); }
  std::string text(int column) const { return prepared_.getColumn(column).getString(); }
  std::optional<std::int64_t> optional_number(int column) const {
    return prepared_.isColumnNull(column) ? std::nullopt : std::optional{number(column)};
  }

private:
  void bind(int place, const std::string& text) { prepared_.bind(place, text); }
  void bind(int place, as_blob blob) { prepared_.bind(place, blob.bytes.data(), static_cast<int>(blob.bytes.size())); }
  void bind(int place, wall_time at) { bind(place, at.time_since_epoch().count()); }
  template <class Number>
  requires std::integral<Number> || std::is_enum_v<Number>
  void bind(int place, Number value) { prepared_.bind(place, static_cast<std::int64_t>(value)); }
  template <class Value>
  void bind(int place, const std::optional<Value>& value) {
    if (value)
      bind(place, *value);
    else
      prepared_.bind(place);
  }

  SQLite::Statement& prepared_;
};

/// The places just before and just after a transaction is on disk.
struct commit_points {
  fail_point_name before, after;
};

class journal_connection {
public:
  /// Holds the lock as long as it lives, and creates the file where there is none.
  static expected<std::unique_ptr<journal_connection>> open_writer(const std::string& path);
  static expected<std::unique_ptr<journal_connection>> open_reader(const std::string& path);

  template <class... Values>
  statement_use ask(const std::string& sql, const Values&... values) {
    return statement_use{prepared(sql), values...};
  }
  /// `condition` is what follows "SELECT ... FROM jobs".
  template <class... Values>
  std::vector<job_entry> jobs(const std::string& condition, const Values&... values) {
    std::vector<job_entry> found;
    auto rows = ask(select_jobs() + condition, values...);
    while (rows.next())
      found.push_back(read_job(rows));
    return found;
  }
  template <class... Values>
  std::optional<job_entry> first_job(const std::string& condition, const Values&... values) {
    auto rows = ask(select_jobs() + condition, values...);
    return rows.next() ? std::optional{read_job(rows)} : std::nullopt;
  }
  expected<job_entry> job(job_id id);

  /// Runs `body`, which may throw what SQLiteCpp throws and gives an `expected`.
  template <class Body>
  auto guarded(Body&& body) -> std::invoke_result_t<Body&> {
    try {
      return body();
    } catch (const SQLite::Exception& problem) {
      return tl::unexpected{in_words(problem)};
    }
  }
  /// The same, reading one state of the file throughout.
  template <class Body>
  auto read(Body&& body) -> std::invoke_result_t<Body&> {
    return guarded([&] {
      SQLite::Transaction whole{database_};
      return body();
    });
  }
  /// The same, all of it or nothing: nothing also when `body` fails.
  template <class Body>
  auto write(commit_points points, Body&& body) -> std::invoke_result_t<Body&> {
    return guarded([&] {
      SQLite::Transaction whole{database_, SQLite::TransactionBehavior::IMMEDIATE};
      auto result = body();
      if (!result)
        return result;
      fail_point(points.before);
      whole.commit();
      fail_point(points.after);
      return result;
    });
  }

  job_id last_inserted() const { return database_.getLastInsertRowid(); }

private:
  journal_connection(const std::string& path, int flags, unique_fd lock);

  SQLite::Statement& prepared(const std::string& sql);
  expected<void> check_layout(bool may_be_older);
  expected<void> prepare_writing();
  error in_words(const SQLite::Exception& problem) const;
  static const std::string& select_jobs();
  static job_entry read_job(const statement_use& row);

  std::string path_;
  unique_fd lock_; // let go after the file is closed
  SQLite::Database database_;
  std::map<std::string, SQLite::Statement> statements_;
};

/// Lists of names as they stand in a column: JSON.
std::string names_text(const std::vector<std::string>& names);

struct journal_view::connection {
  std::unique_ptr<journal_connection> file;
};

} // namespace timeloom
