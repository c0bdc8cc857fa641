#include "actors/coordinator.hpp"

#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"

#include <caf/event_based_actor.hpp>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

analysis_group one_worker() {
  analysis_group group;
  group.analyzers["text_overlay"] = 2;
  group.link.worker.program = "/nowhere/timeloom";
  return group;
}

class coordinator_world : public deterministic_actors {
public:
  explicit coordinator_world(int media_workers, analysis_group analysis = one_worker(),
                             const worker_command& media = {"/nowhere/timeloom", {}, {}}) {
    listener_ = spawn([this](listener_actor::pointer) -> listener_actor::behavior_type {
      return {[](const job_progress&) {}, [](const job_finds&) {},
              [this](const job_result& one) { results.push_back(one); }};
    });
    coordinator_options options;
    options.media.resize(static_cast<std::size_t>(media_workers));
    for (auto& worker : options.media)
      worker.worker = media;
    options.analysis.push_back(std::move(analysis));
    conductor_ = spawn(coordinator, options);
  }
  ~coordinator_world() { end_actors(); }

  void submit(std::uint64_t tag) {
    analysis_request request;
    request.tag = tag;
    request.path = TIMELOOM_SOURCE_DIR "/README.md";
    request.analyzers = {"cut_analysis"};
    send(conductor_, submit_atom_v, request, listener_);
  }
  void cancel(std::uint64_t job) { send(conductor_, cancel_atom_v, job); }
  /// A session of an analysis worker is asked for, which starts its process; `worker` registers in its place.
  void start_worker(std::size_t seat, const analysis_worker_actor& worker) {
    const auto link = state().analysis.at(seat).link;
    auto memory = create_ring_memory({16, 1});
    REQUIRE(memory);
    send(link, session_atom_v, session_spec{1, 1, 1, 16, "text_overlay", {}},
         std::make_shared<const unique_fd>(std::move(*memory)));
    send(link, register_atom_v, analysis_protocol_version, worker);
  }
  void ask_for_metrics() {
    spawn([this](caf::event_based_actor* self) {
      self->request(conductor_, caf::infinite, metrics_atom_v).then([this](const metrics_report& one) {
        reports.push_back(one);
      });
    });
  }
  void interrupt() {
    caf::anon_send_exit(conductor_, caf::exit_reason::user_shutdown);
    run();
  }
  const coordinator_state& state() const {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(conductor_);
    return static_cast<coordinator_actor::stateful_pointer<coordinator_state>>(actor)->state;
  }

  std::vector<job_result> results;
  std::vector<metrics_report> reports;

private:
  listener_actor listener_;
  coordinator_actor conductor_;
};

} // namespace

TEST_CASE("workers that cannot be started end every job with the reason, the waiting ones too") {
  coordinator_world world{1};
  for (std::uint64_t tag = 10; tag < 15; ++tag)
    world.submit(tag);
  REQUIRE(world.results.size() == 5);
  for (const auto& result : world.results)
    CHECK(result.reason.message.find("cannot start /nowhere/timeloom: No such file or directory") != std::string::npos);
  CHECK(world.state().jobs.empty());
  CHECK(world.state().waiting.empty());
  CHECK(world.state().media.at(0).job == 0);
}

TEST_CASE("an interrupt cancels the jobs that run and those that wait") {
  coordinator_world world{0};
  for (std::uint64_t tag = 1; tag < 4; ++tag)
    world.submit(tag);
  CHECK(world.results.empty());
  CHECK(world.state().waiting.size() == 3);
  world.interrupt();
  REQUIRE(world.results.size() == 3);
  for (const auto& result : world.results)
    CHECK(result.reason.code == errc::cancelled);
}

TEST_CASE("one job is cancelled and the others stay") {
  coordinator_world world{0};
  for (std::uint64_t tag = 1; tag < 4; ++tag)
    world.submit(tag);
  world.cancel(2);
  world.cancel(2); // too late: nothing happens
  REQUIRE(world.results.size() == 1);
  CHECK(world.results[0].tag == 2);
  CHECK(world.results[0].reason.code == errc::cancelled);
  CHECK(world.state().jobs.size() == 2);
  CHECK(world.state().waiting.size() == 2);
}

TEST_CASE("while a worker leaves cancelled work another one gets the next, and it when there is no other") {
  coordinator_world world{2, one_worker(), {"/bin/sleep", {"100"}, {}}};
  world.submit(1);
  REQUIRE(world.state().media[0].job == 1);
  world.cancel(1);
  REQUIRE(world.state().media[0].job == 0);
  world.submit(2);
  CHECK(world.state().media[1].job == 2);
  world.submit(3);
  CHECK(world.state().media[0].job == 3);
}

TEST_CASE("a job that ends by a fault does not leave its listener waiting") {
  coordinator_world world{0};
  world.submit(7);
  caf::anon_send_exit(world.state().jobs.begin()->second.actor, caf::exit_reason::unhandled_exception);
  world.run();
  REQUIRE(world.results.size() == 1);
  CHECK(world.results[0].tag == 7);
  CHECK(world.results[0].made == nullptr);
  CHECK(world.results[0].reason.code == errc::internal);
  CHECK(world.state().jobs.empty());
  CHECK(world.state().waiting.empty());
}

TEST_CASE("metrics come of every worker, in order; the one that gives none in time says so") {
  analysis_group group = one_worker();
  group.name = "reader";
  group.workers = 3;
  group.link.worker = {"/bin/sleep", {"100"}, {}};
  coordinator_world world{0, group};
  std::vector<caf::typed_response_promise<metric_set>> unanswered;
  const auto worker = [&](bool answers) {
    return world.spawn([&, answers](analysis_worker_actor::pointer self) -> analysis_worker_actor::behavior_type {
      return {[](session_atom, const session_spec&) { return session_opened{}; },
              [](frames_atom, const frame_batch&) { return batch_result{}; },
              [](finish_atom, std::uint64_t) { return batch_result{}; },
              [](cancel_atom, std::uint64_t) {},
              [](ping_atom) { return true; },
              [&, self, answers](metrics_atom) -> caf::result<metric_set> {
                unanswered.push_back(self->make_response_promise<metric_set>());
                if (answers)
                  unanswered.back().deliver(metric_set{{{"timeloom_reads_total", "", 5}}, {}});
                return unanswered.back();
              }};
    });
  };
  world.start_worker(0, worker(false));
  world.start_worker(2, worker(true));
  world.ask_for_metrics();
  CHECK(world.reports.empty());
  world.advance(6s);
  REQUIRE(world.reports.size() == 1);
  const auto& workers = world.reports[0].workers;
  REQUIRE(workers.size() == 3);
  const metric no_loss{"timeloom_worker_losses_total", "", 0};
  CHECK(workers[0].worker == "reader 1");
  CHECK(workers[0].device == "cpu");
  CHECK(workers[0].sessions == 0);
  CHECK(workers[0].problem == "no answer came in time");
  CHECK(workers[0].metrics == metric_set{});
  CHECK(workers[1].worker == "reader 2"); // was never started
  CHECK(workers[1].problem.empty());
  CHECK(workers[1].metrics == metric_set{{no_loss}, {}});
  CHECK(workers[2].metrics == metric_set{{no_loss, {"timeloom_reads_total", "", 5}}, {}});
  unanswered.clear();
  world.end_actors();
}

TEST_CASE("metrics of no workers are none") {
  analysis_group none = one_worker();
  none.workers = 0;
  coordinator_world world{0, none};
  world.ask_for_metrics();
  REQUIRE(world.reports.size() == 1);
  CHECK(world.reports[0].workers.empty());
  CHECK(world.reports[0].media.empty());
}

TEST_CASE("the report says which media workers have a video") {
  coordinator_world world{2};
  world.ask_for_metrics();
  REQUIRE(world.reports.size() == 1);
  const auto& media = world.reports[0].media;
  REQUIRE(media.size() == 2);
  CHECK(media[1].worker == "media worker 2");
  CHECK(media[1].sessions == 0);
  CHECK(media[1].metrics == metric_set{{{"timeloom_worker_losses_total", "", 0}}, {}});
}

TEST_CASE("metrics that were answered leave nothing behind, however often they are asked for") {
  coordinator_world world{2};
  const auto before = world.timers();
  for (int i = 0; i < 10; ++i)
    world.ask_for_metrics();
  CHECK(world.reports.size() == 10);
  CHECK(world.timers() == before);
}
