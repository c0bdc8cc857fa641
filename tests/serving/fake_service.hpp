/// A service that keeps its jobs in memory, for tests of what speaks HTTP. Any thread.
#pragma once

#include "serving/service.hpp"

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <string>

namespace timeloom::tests {

class fake_service final : public service {
public:
  /// Media, results ("ID.json") and thumbnails ("ID-1.jpg") lie in `folder`; only paths in it are taken.
  explicit fake_service(std::string folder) : folder_(std::move(folder)) {}

  job_id add(job_entry job);
  void set_progress(job_id id, running_progress progress);

  expected<job_entry> submit(const submission& wanted) override;
  expected<job_entry> job(job_id id) override;
  expected<std::vector<job_step>> story(job_id id) override;
  expected<job_listing> jobs(const job_filter& filter) override;
  expected<job_entry> act(job_id id, job_action action) override;
  expected<void> pause_all(bool paused) override;
  expected<input_file> result_file(job_id id, const std::string& format) override;
  expected<input_file> thumbnail(job_id id, int number) override;
  expected<input_file> media(job_id id) override;
  std::int64_t least_free_bytes() override { return least_free; }
  expected<std::string> workers_json() override { return R"({"workers":[],"gpus":[]})"; }
  expected<std::string> models_json() override { return R"({"models":[]})"; }
  expected<std::string> stats_json() override { return R"({"analysis":"","paused":false})"; }
  expected<std::string> metrics_text() override { return "# TYPE timeloom_jobs gauge\ntimeloom_jobs 1\n"; }
  readiness ready() override { return {reason.empty(), reason}; }
  event_feed& feed() override { return feed_; }

  std::atomic<bool> held = false;           ///< answers about jobs wait until it is false; to be notified then
  std::atomic<std::int64_t> least_free = 0; ///< of the disk, for uploads
  std::string reason;                       ///< why it is not ready

private:
  expected<job_entry> find(job_id id);

  std::string folder_;
  std::mutex mutex_;
  std::map<job_id, job_entry> jobs_;
  std::map<job_id, running_progress> progress_;
  bool paused_ = false;
  event_feed feed_{8};
};

} // namespace timeloom::tests
