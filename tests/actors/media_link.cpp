#include "actors/media_link.hpp"

#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <caf/event_based_actor.hpp>
#include <csignal>
#include <fcntl.h>
#include <thread>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// A link whose processes report what the test wrote for them before they were started, and do nothing more.
class link_world : public deterministic_actors {
public:
  link_world() {
    job_ = spawn([this](job_actor::pointer) -> job_actor::behavior_type {
      return {[](granted_atom, const media_link_actor&) {}, [](const shared_report&) {},
              [this](lost_atom, const std::string& why, bool) {
                ++losses;
                reason = why;
              },
              [](cancel_atom) {}};
    });
    const std::string reports =
        "for report in " + folder_.path().string() + "/*; do cat $report >&3; done 2>/dev/null; ";
    link_ = spawn(media_link, media_link_options{.worker = {"/bin/sh", {"-c", reports + "exec sleep 100"}, {}}});
  }
  ~link_world() { end_actors(); }

  void assign(std::uint64_t job) {
    media_order order;
    order.job = job;
    order.analyzers = {"cut_analysis"};
    send(link_, assign_atom_v,
         media_assignment{order, std::make_shared<const unique_fd>(::open("/dev/null", O_RDONLY)), nullptr, job_});
  }
  void cancel(std::uint64_t job) { send(link_, cancel_atom_v, job); }
  void will_report(const media_report& one) {
    const auto bytes = encode(one);
    folder_.file(std::to_string(reports_++), std::string{bytes.begin(), bytes.end()});
  }
  /// The link hears of its process from another thread.
  template <class Condition>
  void wait_until(Condition condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) {
      std::this_thread::sleep_for(1ms);
      run();
    }
    REQUIRE(condition());
  }
  void kill_worker() {
    const int before = state().lost;
    ::kill(state().process.pid(), SIGKILL);
    wait_until([&] { return state().lost == before + 1; });
  }
  /// The worker dies after an order was on its way to it.
  void kill_before_order() {
    caf::anon_send(link_, credit_atom_v, state().current->job, std::vector<std::int32_t>{});
    ::kill(state().process.pid(), SIGKILL);
    while (!state().process.has_ended())
      std::this_thread::sleep_for(1ms);
    run();
  }
  metric_set metrics() {
    metric_set told;
    spawn([&](caf::event_based_actor* self) {
      self->request(link_, caf::infinite, metrics_atom_v).then([&](metric_set& found) { told = std::move(found); });
    });
    return told;
  }
  /// What the worker itself says.
  void report(const media_report& one) {
    send(link_, record_atom_v, state().generation, std::make_shared<received_record>(received_record{encode(one), {}}));
  }
  bool runs() const { return state().process.is_running(); }
  const media_link_state& state() const {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(link_);
    return static_cast<media_link_actor::stateful_pointer<media_link_state>>(actor)->state;
  }

  int losses = 0; // that the job heard of
  std::string reason;

private:
  const tests::temporary_folder folder_;
  int reports_ = 0;
  job_actor job_;
  media_link_actor link_;
};

} // namespace

TEST_CASE("a media worker that was lost is started again after a rest, which is doubled until one gets to work") {
  link_world world;
  const auto starts_after = [&](std::chrono::milliseconds rest) {
    world.assign(1);
    world.advance(rest - 1ms);
    CHECK_FALSE(world.runs());
    world.advance(1ms);
    CHECK(world.runs());
    CHECK(world.state().current);
  };
  world.assign(1);
  CHECK(world.runs()); // the first does not rest
  for (const auto rest : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
    INFO(rest.count());
    world.kill_worker();
    starts_after(rest);
  }
  world.kill_worker();
  world.will_report(media_hello{media_protocol_version});
  world.will_report(media_progress{1, 10, media_time{0}, media_time{0}});
  starts_after(30000ms);
  CHECK(world.losses == 9);
  world.wait_until([&] { return world.state().idle_losses == 0; });
  world.kill_worker();
  starts_after(500ms);
}

TEST_CASE("a job that was cancelled while its worker rests is not begun, and the next one is") {
  link_world world;
  world.assign(1);
  world.kill_worker();
  world.assign(2);
  world.cancel(2);
  world.advance(1min);
  CHECK_FALSE(world.runs());
  world.assign(3);
  CHECK(world.state().current->job == 3);
}

TEST_CASE("a media worker that died without work is replaced at once") {
  link_world world;
  world.assign(1);
  world.cancel(1);
  world.kill_worker();
  world.assign(2);
  CHECK(world.runs());
  CHECK(world.losses == 0);
}

TEST_CASE("a worker that leaves cancelled work soon gets the next, and is not lost") {
  link_world world;
  world.assign(1);
  world.report(media_hello{media_protocol_version});
  world.cancel(1);
  world.assign(2);
  CHECK_FALSE(world.state().current);
  const auto pid = world.state().process.pid();
  world.advance(500ms);
  world.report(media_failed{1, {errc::cancelled, ""}});
  REQUIRE(world.state().current);
  CHECK(world.state().current->job == 2);
  CHECK(world.state().process.pid() == pid);
  CHECK(world.state().lost == 0);
}

TEST_CASE("a worker that stays in cancelled work is replaced for the next, which is no loss") {
  link_world world;
  world.assign(1);
  const auto pid = world.state().process.pid();
  world.cancel(1);
  world.assign(2);
  world.advance(1s);
  CHECK_FALSE(world.state().current);
  world.advance(1s);
  REQUIRE(world.state().current);
  CHECK(world.state().current->job == 2);
  CHECK(world.state().process.pid() != pid);
  CHECK(world.state().lost == 0);
  CHECK(world.losses == 0);
}

TEST_CASE("what waits for cancelled work to end is begun when its worker dies in it, or not when it is cancelled too") {
  link_world world;
  world.assign(1);
  world.cancel(1);
  world.assign(2);
  SECTION("dies") {
    world.kill_worker();
    world.advance(1s);
    REQUIRE(world.state().current);
    CHECK(world.state().current->job == 2);
    CHECK(world.losses == 0);
  }
  SECTION("cancelled") {
    world.cancel(2);
    world.advance(3s);
    CHECK_FALSE(world.state().current);
  }
}

TEST_CASE("a worker that was killed is told with its signal, also where an order finds that out") {
  link_world world;
  world.assign(1);
  world.kill_before_order();
  world.wait_until([&] { return !world.reason.empty(); });
  CHECK(world.reason == "the media worker was killed by signal 9 (Killed)");
}

TEST_CASE("a media link tells what its fused analyzers took for each video, and how many workers it lost") {
  link_world world;
  const metric none{"timeloom_worker_losses_total", "", 0}, one{"timeloom_worker_losses_total", "", 1};
  CHECK(world.metrics() == metric_set{{none}, {}});
  media_finished finished{1, {}, {}, {}};
  finished.facts = {.path = "a.mp4", .width = 64, .height = 48, .frames = 1};
  for (const auto* id : {"cut_analysis", "text_overlay"}) { // which is not its own
    analyzer_report report;
    report.id = id;
    report.device = "cpu";
    report.seconds = 3;
    finished.reports.push_back(report);
  }
  world.will_report(media_hello{media_protocol_version});
  world.will_report(finished);
  world.assign(1);
  world.wait_until([&] { return !world.state().current; });
  auto told = world.metrics();
  REQUIRE(told.summaries.size() == 1);
  CHECK(told.values == std::vector{none});
  CHECK(told.summaries[0].name == "timeloom_video_compute_seconds");
  CHECK(told.summaries[0].label == "cut_analysis");
  CHECK(told.summaries[0].count == 1);
  CHECK(told.summaries[0].sum == 3);
  world.assign(2);
  world.kill_worker();
  told = world.metrics();
  CHECK(told.values == std::vector{one});
  CHECK(told.summaries.size() == 1); // what was counted is not lost with the process
}
