/// What HTTP may ask, answered by the daemon and its journal; and by nobody when the configuration is broken.
#pragma once

#include "gpu_groups/gpu_sampler.hpp"
#include "serving/daemon_protocol.hpp"
#include "serving/journal.hpp"

#include <caf/actor_system.hpp>
#include <functional>
#include <mutex>
#include <string>

namespace timeloom {

struct daemon_service_options {
  std::string journal_path;
  std::string models_json;                      ///< the document of /v1/models
  std::function<std::vector<gpu_usage>()> gpus; ///< any thread
  std::chrono::system_clock::time_point started;
  std::string version;
};

class daemon_service : public service {
public:
  static expected<std::unique_ptr<daemon_service>> create(caf::actor_system& system, daemon_actor daemon,
                                                          coordinator_actor coordinator, event_feed& feed,
                                                          shared_setup setup, daemon_service_options options);

  expected<job_entry> submit(const submission& wanted) override;
  expected<job_entry> job(job_id id) override;
  expected<std::vector<job_step>> story(job_id id) override;
  expected<job_listing> jobs(const job_filter& filter) override;
  expected<job_entry> act(job_id id, job_action action) override;
  expected<void> pause_all(bool paused) override;
  expected<input_file> result_file(job_id id, const std::string& format) override;
  expected<input_file> thumbnail(job_id id, int number) override;
  expected<input_file> media(job_id id) override;
  std::int64_t least_free_bytes() override { return setup()->limits.least_free_bytes; }
  expected<std::string> workers_json() override;
  expected<std::string> models_json() override;
  expected<std::string> stats_json() override;
  expected<std::string> metrics_text() override;
  readiness ready() override;
  event_feed& feed() override { return feed_; }

  /// The configuration was read anew. Any thread.
  void reload(shared_setup setup);
  /// From now on not ready: it ends. Any thread.
  void end() { ending_ = true; }

private:
  daemon_service(caf::actor_system& system, daemon_actor daemon, coordinator_actor coordinator, event_feed& feed,
                 shared_setup setup, daemon_service_options options, journal_view view);

  /// The answer of the daemon or the coordinator.
  template <class Answer, class Actor, class... Message>
  expected<Answer> ask(const Actor& actor, Message... message);

  /// Reads from the journal, one reader at a time.
  template <class Read>
  auto read(Read what) {
    const std::lock_guard lock{mutex_};
    return what(view_);
  }
  shared_setup setup() const;

  caf::actor_system& system_;
  daemon_actor daemon_;
  coordinator_actor coordinator_;
  event_feed& feed_;
  daemon_service_options options_;
  std::atomic<bool> ending_ = false;
  mutable std::mutex mutex_; ///< of what follows
  shared_setup setup_;
  journal_view view_;
};

/// Answers everything with why there is no daemon.
class broken_service : public service {
public:
  explicit broken_service(std::string reason) : reason_(std::move(reason)) {}

  expected<job_entry> submit(const submission&) override { return refuse(); }
  expected<job_entry> job(job_id) override { return refuse(); }
  expected<std::vector<job_step>> story(job_id) override { return refuse(); }
  expected<job_listing> jobs(const job_filter&) override { return refuse(); }
  expected<job_entry> act(job_id, job_action) override { return refuse(); }
  expected<void> pause_all(bool) override { return refuse(); }
  expected<input_file> result_file(job_id, const std::string&) override { return refuse(); }
  expected<input_file> thumbnail(job_id, int) override { return refuse(); }
  expected<input_file> media(job_id) override { return refuse(); }
  std::int64_t least_free_bytes() override { return 0; }
  expected<std::string> workers_json() override { return refuse(); }
  expected<std::string> models_json() override { return refuse(); }
  expected<std::string> stats_json() override { return refuse(); }
  expected<std::string> metrics_text() override { return refuse(); }
  readiness ready() override { return {false, reason_}; }
  event_feed& feed() override { return feed_; }

private:
  tl::unexpected<error> refuse() const { return tl::unexpected<error>{error{errc::exhausted, reason_}}; }

  std::string reason_;
  event_feed feed_;
};

} // namespace timeloom
