#include "tests/serving/fake_service.hpp"

#include <algorithm>

namespace timeloom::tests {

job_id fake_service::add(job_entry job) {
  const std::lock_guard lock{mutex_};
  job.id = static_cast<job_id>(jobs_.size()) + 1;
  jobs_[job.id] = job;
  return job.id;
}

void fake_service::set_progress(job_id id, running_progress progress) {
  const std::lock_guard lock{mutex_};
  progress_[id] = progress;
}

expected<job_entry> fake_service::find(job_id id) {
  held.wait(true);
  const std::lock_guard lock{mutex_};
  const auto found = jobs_.find(id);
  if (found == jobs_.end())
    return fail(errc::not_found, "there is no job {}", id);
  return found->second;
}

expected<job_entry> fake_service::submit(const submission& wanted) {
  if (!wanted.path.starts_with(folder_ + "/"))
    return fail(errc::not_allowed, "{} is outside of the allowed folders", wanted.path);
  job_entry made{.path = wanted.path, .lane = wanted.lane, .analyzers = wanted.analyzers};
  made.id = add(made);
  return made;
}

expected<job_entry> fake_service::job(job_id id) {
  return find(id);
}

expected<std::vector<job_step>> fake_service::story(job_id id) {
  return find(id).map([](const job_entry& job) { return std::vector<job_step>{{job.created, "seen"}}; });
}

expected<job_listing> fake_service::jobs(const job_filter& filter) {
  const std::lock_guard lock{mutex_};
  job_listing listing{.progress = progress_, .paused = paused_};
  for (auto entry = jobs_.rbegin(); entry != jobs_.rend(); ++entry) {
    const auto& job = entry->second;
    ++listing.counts[job.state];
    if ((filter.states.empty() || std::ranges::find(filter.states, job.state) != filter.states.end()) &&
        (!filter.before || job.id < *filter.before) && std::ssize(listing.jobs) < filter.limit)
      listing.jobs.push_back(job);
  }
  return listing;
}

expected<job_entry> fake_service::act(job_id id, job_action action) {
  auto found = find(id);
  if (!found)
    return found;
  const auto wanted = std::array{job_state::queued, job_state::queued, job_state::paused, job_state::done};
  const auto after = std::array{job_state::cancelled, job_state::paused, job_state::queued, job_state::queued};
  const auto which = static_cast<std::size_t>(action);
  if (found->state != wanted.at(which))
    return fail(errc::invalid_argument, "job {} is {}", id, to_string(found->state));
  found->state = after.at(which);
  const std::lock_guard lock{mutex_};
  return jobs_[id] = *found;
}

expected<void> fake_service::pause_all(bool paused) {
  const std::lock_guard lock{mutex_};
  paused_ = paused;
  return {};
}

expected<input_file> fake_service::result_file(job_id id, const std::string& format) {
  return find(id).and_then([&](const job_entry&) { return open_input(fmt::format("{}/{}.{}", folder_, id, format)); });
}

expected<input_file> fake_service::thumbnail(job_id id, int number) {
  return find(id).and_then(
      [&](const job_entry&) { return open_input(fmt::format("{}/{}-{}.jpg", folder_, id, number)); });
}

expected<input_file> fake_service::media(job_id id) {
  return find(id).and_then([&](const job_entry& job) { return open_input(job.path); });
}

} // namespace timeloom::tests
