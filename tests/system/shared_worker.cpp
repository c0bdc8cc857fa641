/// Videos that share a worker which one of them kills.
#include "actors/coordinator.hpp"
#include "actors/system_config.hpp"
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <algorithm>
#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <map>
#include <mutex>

using namespace timeloom;
using namespace timeloom::tests;

namespace {

/// A coordinator with one analysis worker, which dies over white pictures.
class shared_worker {
public:
  explicit shared_worker(std::size_t videos_at_a_time) : system_{config_} {
    listener_ = system_.spawn([this](listener_actor::pointer) -> listener_actor::behavior_type {
      return {[](const job_progress&) {}, [](const job_finds&) {},
              [this](const job_result& result) {
                const std::lock_guard lock{mutex_};
                results_[result.tag] = result;
              }};
    });
    coordinator_options options;
    options.media.resize(videos_at_a_time);
    for (auto& worker : options.media) {
      worker.worker = {TIMELOOM_MEDIA_WORKER, {}, {}};
      worker.threads = 1;
    }
    options.analysis.resize(1);
    options.analysis[0].analyzers["text_overlay"] = 2;
    options.analysis[0].link.worker = {TIMELOOM_POISONED_WORKER, {}, {}};
    options.analysis[0].link.rest = std::chrono::milliseconds{10};
    coordinator_ = system_.spawn(coordinator, options);
  }
  shared_worker(const shared_worker&) = delete;
  shared_worker& operator=(const shared_worker&) = delete;
  ~shared_worker() {
    caf::anon_send_exit(coordinator_, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(listener_, caf::exit_reason::user_shutdown);
  }

  /// All at once; what came of each, in their order.
  std::vector<job_result> analyze(const std::vector<std::string>& videos) {
    for (std::size_t i = 0; i < videos.size(); ++i) {
      analysis_request request;
      request.tag = i;
      request.path = videos[i];
      request.analyzers = {"cut_analysis", "text_overlay"};
      request.options.text_overlay.rate_hz = 5;
      caf::anon_send(coordinator_, submit_atom_v, request, listener_);
    }
    REQUIRE(wait_until(
        [&] {
          const std::lock_guard lock{mutex_};
          return results_.size() == videos.size();
        },
        std::chrono::seconds{100}));
    std::vector<job_result> found;
    for (const auto& [tag, result] : results_)
      found.push_back(result);
    return found;
  }

  /// Processes that died.
  double losses() {
    double found = -1;
    caf::scoped_actor self{system_};
    self->request(coordinator_, std::chrono::seconds{10}, metrics_atom_v)
        .receive(
            [&](const metrics_report& report) {
              for (const auto& one : report.workers.at(0).metrics.values)
                if (one.name == worker_losses_metric)
                  found = one.value;
            },
            [](const caf::error&) {});
    return found;
  }

private:
  system_config config_;
  caf::actor_system system_;
  std::mutex mutex_;
  std::map<std::uint64_t, job_result> results_; // guarded by mutex_
  listener_actor listener_;
  coordinator_actor coordinator_;
};

std::string make_harmless(const temporary_folder& folder, const std::string& name) {
  return make_clip(folder, name, "color=black:size=160x90:rate=25", 4);
}

/// White from its second second on.
std::string make_poison(const temporary_folder& folder, const std::string& name) {
  return make_clip(folder, name, "color=black:size=160x90:rate=25,drawbox=color=white:t=fill:enable='gte(t,1)'", 4);
}

const analyzer_report& reading_of(const job_result& result) {
  INFO(result.reason.message);
  REQUIRE(result.made);
  const auto& reports = result.made->analyzers;
  return *std::find_if(reports.begin(), reports.end(), [](const auto& one) { return one.id == "text_overlay"; });
}

} // namespace

TEST_CASE("of the videos that share a worker only those that kill it pay for that") {
  const temporary_folder folder;
  const auto harmless = make_harmless(folder, "harmless.mp4"), poison = make_poison(folder, "poison.mp4");
  for (const std::size_t poisons : {1, 2}) {
    std::vector<std::string> videos(4, harmless);
    std::fill_n(videos.begin() + 1, poisons, poison);
    shared_worker host{videos.size()};
    const auto results = host.analyze(videos);
    for (std::size_t i = 0; i < videos.size(); ++i) {
      const auto& report = reading_of(results[i]);
      INFO(videos[i] << ": " << report.reason);
      if (videos[i] == poison) {
        CHECK(report.status == analyzer_status::failed);
        CHECK(has(report.reason, "the analysis worker was killed by signal 6 (Aborted); attempt "));
      } else {
        CHECK(report.status == analyzer_status::done);
        CHECK(report.frames == 20);
      }
      CHECK(results[i].made->analyzers[0].status == analyzer_status::done);
    }
    // Each dies twice alone; what they did together before is nobody's.
    CHECK(host.losses() >= 2.0 * static_cast<double>(poisons));
    CHECK(host.losses() <= 3.0 * static_cast<double>(poisons));
  }
}
