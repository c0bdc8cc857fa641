#include "actors/coordinator.hpp"

#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

class coordinator_world : public deterministic_actors {
public:
  explicit coordinator_world(int media_workers) {
    listener_ = spawn([this](listener_actor::pointer) -> listener_actor::behavior_type {
      return {[](const job_progress&) {}, [this](const job_result& one) { results.push_back(one); }};
    });
    coordinator_options options;
    options.media.resize(static_cast<std::size_t>(media_workers));
    for (auto& worker : options.media)
      worker.worker.program = "/nowhere/timeloom";
    options.analysis.resize(1);
    options.analysis[0].analyzers["text_overlay"] = 2;
    options.analysis[0].link.worker.program = "/nowhere/timeloom";
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
  void interrupt() {
    caf::anon_send_exit(conductor_, caf::exit_reason::user_shutdown);
    run();
  }
  const coordinator_state& state() const {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(conductor_);
    return static_cast<coordinator_actor::stateful_pointer<coordinator_state>>(actor)->state;
  }

  std::vector<job_result> results;

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
