#include "serving/journal_connection.hpp"

#include <algorithm>
#include <set>

namespace timeloom {

journal_view::journal_view(std::unique_ptr<connection> opened) : connection_(std::move(opened)) {}
journal_view::journal_view(journal_view&&) noexcept = default;
journal_view& journal_view::operator=(journal_view&&) noexcept = default;
journal_view::~journal_view() = default;

expected<journal_view> journal_view::open(const std::string& path) {
  return journal_connection::open_reader(path).map(
      [](auto opened) { return journal_view{std::make_unique<connection>(connection{std::move(opened)})}; });
}

expected<job_entry> journal_view::job(job_id id) {
  auto& file = *connection_->file;
  return file.guarded([&] { return file.job(id); });
}

expected<std::vector<job_entry>> journal_view::jobs(const job_filter& filter) {
  auto& file = *connection_->file;
  const job_id before = filter.before.value_or(std::numeric_limits<job_id>::max());
  return file.read([&]() -> expected<std::vector<job_entry>> {
    if (filter.states.empty())
      return file.jobs("WHERE id < ? ORDER BY id DESC LIMIT ?", before, filter.limit);
    // State by state: the index then gives the newest of a rare one as fast as those of a common one.
    std::vector<job_entry> all;
    for (const job_state state : std::set(filter.states.begin(), filter.states.end())) {
      auto some = file.jobs("INDEXED BY jobs_in_state WHERE state = ? AND id < ? ORDER BY id DESC LIMIT ?", state,
                            before, filter.limit);
      std::ranges::move(some, std::back_inserter(all));
    }
    std::ranges::sort(all, std::greater{}, &job_entry::id);
    all.resize(std::min(all.size(), static_cast<std::size_t>(std::max(filter.limit, 0))));
    return all;
  });
}

expected<std::map<job_state, std::int64_t>> journal_view::counts() {
  auto& file = *connection_->file;
  return file.guarded([&]() -> expected<std::map<job_state, std::int64_t>> {
    std::map<job_state, std::int64_t> found;
    auto rows = file.ask("SELECT state, count(*) FROM jobs GROUP BY state");
    while (rows.next())
      found.emplace(static_cast<job_state>(rows.number(0)), rows.number(1));
    return found;
  });
}

expected<std::vector<job_step>> journal_view::story(job_id id) {
  auto& file = *connection_->file;
  return file.read([&]() -> expected<std::vector<job_step>> {
    if (auto known = file.job(id); !known)
      return tl::unexpected{known.error()};
    std::vector<job_step> found;
    auto rows = file.ask("SELECT at, what FROM steps WHERE job = ? ORDER BY number", id);
    while (rows.next())
      found.push_back({wall_time{std::chrono::milliseconds{rows.number(0)}}, rows.text(1)});
    return found;
  });
}

expected<bool> journal_view::was_seen(const std::string& path, const file_version& version) {
  auto& file = *connection_->file;
  return file.read([&]() -> expected<bool> {
    const auto newest = file.first_job("WHERE path = ? AND analyzers = '[]' ORDER BY id DESC LIMIT 1", as_blob{path});
    if (newest)
      return newest->version == version && newest->moved_to.empty();
    return file
        .ask("SELECT 1 FROM forgotten WHERE path = ? AND bytes = ? AND modified_ns = ? AND inode = ?", as_blob{path},
             version.bytes, version.modified_ns, version.inode)
        .next();
  });
}

expected<std::vector<job_entry>> journal_view::jobs_of(const std::string& path) {
  auto& file = *connection_->file;
  return file.guarded([&]() -> expected<std::vector<job_entry>> {
    return file.jobs("WHERE path = ? ORDER BY id DESC", as_blob{path});
  });
}

} // namespace timeloom
