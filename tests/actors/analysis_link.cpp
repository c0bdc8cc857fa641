#include "actors/analysis_link.hpp"

#include "actors/caf_error.hpp"
#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"

#include <caf/event_based_actor.hpp>
#include <csignal>
#include <sys/wait.h>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// How a request ended.
struct outcome {
  bool answered = false;
  std::optional<error> reason;
};

using shared_outcome = std::shared_ptr<outcome>;

/// A link whose process is a program that does nothing; a stand-in registers in its place.
class link_world : public deterministic_actors {
public:
  explicit link_world(std::chrono::seconds pulse = 0s, worker_command program = {"/bin/sleep", {"100"}, {}}) {
    analysis_link_options options;
    options.worker = std::move(program);
    options.answer_timeout = 60s;
    options.pulse_timeout = pulse;
    link_ = spawn(analysis_link, options);
    auto memory = create_ring_memory({16, 1});
    REQUIRE(memory);
    ring_ = std::make_shared<const unique_fd>(std::move(*memory));
  }
  ~link_world() {
    waiting.clear();
    pings.clear();
    unanswered.clear();
    end_actors();
  }

  /// The worker process comes up.
  bool start_worker() {
    worker_ = spawn([this](model_worker_actor::pointer self) -> model_worker_actor::behavior_type {
      return {
          [this](session_atom, const session_spec& spec) -> caf::result<session_opened> {
            opened.push_back(spec.session);
            if (session_error)
              return to_caf(*session_error);
            return session_opened{"stand-in 1.0", "cpu"};
          },
          [this, self](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
            frames.push_back(batch.session);
            waiting.push_back(self->make_response_promise<batch_result>());
            return waiting.back();
          },
          [this](finish_atom, std::uint64_t session) {
            finished.push_back(session);
            return batch_result{};
          },
          [this](cancel_atom, std::uint64_t session) { cancelled.push_back(session); },
          [this, self](ping_atom) -> caf::result<bool> {
            pings.push_back(self->make_response_promise<bool>());
            if (answers_pings)
              pings.back().deliver(true);
            return pings.back();
          },
          [this, self](metrics_atom) -> caf::result<metric_set> {
            unanswered.push_back(self->make_response_promise<metric_set>());
            if (answers_metrics)
              unanswered.back().deliver(counted);
            return unanswered.back();
          },
          // A promise is kept by the actor that made it.
          [this](looked_atom, const looked_batch&) { waiting.at(next_answer_).deliver(batch_result{}); },
      };
    });
    bool accepted = false;
    ask<bool>([&](bool yes) { accepted = yes; }, register_atom_v, analysis_protocol_version,
              caf::actor_cast<analysis_worker_actor>(worker_));
    return accepted;
  }
  void kill_worker() {
    ::kill(state().process.pid(), SIGKILL);
    caf::anon_send_exit(worker_, caf::exit_reason::kill);
    run();
  }
  shared_outcome open(std::uint64_t session) {
    return ask<session_opened>({}, session_atom_v, session_spec{session, session, 1, 16, "object_detection", {}},
                               ring_);
  }
  shared_outcome look(std::uint64_t session) {
    return ask<batch_result>({}, frames_atom_v, frame_batch{session, {frame_reference{}}});
  }
  shared_outcome finish(std::uint64_t session) { return ask<batch_result>({}, finish_atom_v, session); }
  shared_outcome ask_for_metrics() {
    return ask<metric_set>([this](metric_set found) { metrics = std::move(found); }, metrics_atom_v);
  }
  void cancel(std::uint64_t session) { send(link_, cancel_atom_v, session); }
  void answer(std::size_t request) {
    next_answer_ = request;
    send(worker_, looked_atom_v, looked_batch{});
  }
  void wait(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 100ms)
      advance(100ms);
  }
  const analysis_link_state& state() const {
    auto* actor = caf::actor_cast<caf::abstract_actor*>(link_);
    return static_cast<analysis_link_actor::stateful_pointer<analysis_link_state>>(actor)->state;
  }

  bool answers_pings = true;
  std::optional<error> session_error;
  std::vector<std::uint64_t> opened, frames, finished, cancelled; // what the worker was told, by session
  std::vector<caf::typed_response_promise<batch_result>> waiting; // for frames
  std::vector<caf::typed_response_promise<bool>> pings;
  bool answers_metrics = true;
  metric_set counted; // by the worker
  metric_set metrics; // that came of asking for them
  std::vector<caf::typed_response_promise<metric_set>> unanswered;

private:
  template <class Result, class... Args>
  shared_outcome ask(std::function<void(Result)> take, Args... args) {
    auto result = std::make_shared<outcome>();
    spawn([=, this](caf::event_based_actor* self) {
      self->request(link_, caf::infinite, args...)
          .then(
              [result, take](Result& value) {
                result->answered = true;
                if (take)
                  take(value);
              },
              [result](caf::error& reason) { result->reason = from_caf(reason); });
    });
    return result;
  }

  analysis_link_actor link_;
  model_worker_actor worker_;
  std::size_t next_answer_ = 0;
  shared_fd ring_;
};

errc code_of(const shared_outcome& result) {
  REQUIRE(result->reason);
  return result->reason->code;
}

using list = std::vector<std::uint64_t>;

} // namespace

TEST_CASE("sessions wait for the worker to come up") {
  link_world world;
  const auto one = world.open(1), other = world.open(2);
  CHECK_FALSE(one->answered);
  CHECK(world.start_worker());
  CHECK(one->answered);
  CHECK(other->answered);
  CHECK(world.opened == list{1, 2});
}

TEST_CASE("a worker that nobody started is refused") {
  link_world world;
  CHECK_FALSE(world.start_worker());
  CHECK_FALSE(world.state().worker);
}

TEST_CASE("a process that does not come up in time fails the sessions that wait for it") {
  link_world world;
  const auto one = world.open(1);
  world.wait(19s);
  CHECK_FALSE(one->reason);
  world.wait(2s);
  CHECK(code_of(one) == errc::worker_lost);
  CHECK_FALSE(world.state().process.is_running());
}

TEST_CASE("a worker that is slow but answers is left alone, and one that stopped answering is not") {
  link_world world;
  world.open(1);
  world.start_worker();
  std::vector<shared_outcome> requests;
  for (int i = 0; i < 10; ++i)
    requests.push_back(world.look(1));
  for (std::size_t i = 0; i < 8; ++i) {
    world.wait(58s);
    world.answer(i);
    REQUIRE(requests[i]->answered);
  }
  world.wait(58s);
  CHECK(world.state().worker);
  world.wait(5s);
  CHECK(code_of(requests[8]) == errc::worker_lost);
  CHECK(code_of(requests[9]) == errc::worker_lost);
  CHECK_FALSE(world.state().process.is_running());
}

TEST_CASE("a worker that has nothing to do may be silent") {
  link_world world;
  world.open(1);
  world.start_worker();
  world.wait(5min);
  const auto late = world.look(1);
  world.wait(58s);
  world.answer(0);
  CHECK(late->answered);
}

TEST_CASE("a worker is not lost over requests of a session that was cancelled") {
  link_world world;
  world.open(1);
  world.start_worker();
  const auto request = world.look(1);
  world.cancel(1);
  CHECK(code_of(request) == errc::cancelled);
  CHECK(world.cancelled == list{1});
  CHECK(world.state().in_flight.empty());
  world.wait(5min); // the worker never answers what it forgot
  CHECK(world.state().worker);
  world.answer(0);
  CHECK_FALSE(request->answered);
}

TEST_CASE("a link that was stopped for a while does not blame its worker") {
  link_world world{4s};
  world.open(1);
  world.start_worker();
  world.answers_pings = false;
  const auto request = world.look(1);
  world.wait(2s);
  world.advance(10min);
  CHECK(world.state().worker);
  world.answer(0);
  CHECK(request->answered);
}

TEST_CASE("a session is lost with its worker, whatever the next worker is like") {
  link_world world;
  world.open(1);
  world.start_worker();
  const auto unanswered = world.look(1);
  world.kill_worker();
  CHECK(code_of(unanswered) == errc::worker_lost);
  world.open(2);
  REQUIRE(world.start_worker());
  CHECK(code_of(world.look(1)) == errc::worker_lost); // and not that there is no such session
  CHECK(code_of(world.finish(1)) == errc::worker_lost);
  world.cancel(1);
  world.look(2);
  CHECK(world.frames == list{1, 2});
  CHECK(world.finished.empty());
  CHECK(world.cancelled.empty());
}

TEST_CASE("sessions that ended leave nothing behind") {
  link_world world;
  world.open(1);
  world.start_worker();
  world.open(2);
  CHECK(world.finish(1)->answered);
  world.cancel(2);
  world.session_error = error{errc::not_found, "there is no model"};
  CHECK(code_of(world.open(3)) == errc::not_found);
  CHECK(world.state().sessions.empty());
  CHECK(world.state().in_flight.empty());
}

TEST_CASE("a process that closed its channel fails every session that waits for it") {
  link_world world{0s, {"/bin/true", {}, {}}};
  const auto one = world.open(1), other = world.open(2), third = world.open(3);
  siginfo_t ended{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(world.state().process.pid()), &ended, WEXITED | WNOWAIT) == 0);
  world.start_worker();
  CHECK(code_of(one) == errc::worker_lost);
  CHECK(code_of(other) == errc::worker_lost);
  CHECK(code_of(third) == errc::worker_lost);
  CHECK(world.opened.empty());
}

TEST_CASE("a worker without a pulse is lost") {
  link_world world{4s};
  world.open(1);
  world.start_worker();
  world.wait(1min);
  CHECK(world.pings.size() > 30);
  CHECK(world.state().worker);
  world.answers_pings = false;
  world.wait(4s);
  CHECK(world.state().worker);
  world.wait(3s);
  CHECK_FALSE(world.state().worker);
}

TEST_CASE("a pulse is no answer") {
  link_world world{4s};
  world.open(1);
  world.start_worker();
  const auto request = world.look(1);
  world.wait(58s);
  CHECK_FALSE(request->reason);
  world.wait(5s);
  CHECK(code_of(request) == errc::worker_lost);
}

TEST_CASE("pings do not pile up, and any answer is a sign of life") {
  link_world world{4s};
  world.open(1);
  world.start_worker();
  world.answers_pings = false;
  for (std::size_t i = 0; i < 10; ++i) {
    world.look(1);
    world.wait(3s);
    world.answer(i);
  }
  CHECK(world.pings.size() == 1);
  CHECK(world.state().worker);
}

TEST_CASE("metrics are the worker's, with the number of those that were lost before it") {
  link_world world;
  const metric none{"timeloom_worker_losses_total", "", 0}, one{"timeloom_worker_losses_total", "", 1};
  REQUIRE(world.ask_for_metrics()->answered);
  CHECK(world.metrics == metric_set{{none}, {}});
  CHECK_FALSE(world.state().process.is_running()); // nothing is started for them
  world.counted = {{{"timeloom_model_cache_hits_total", "", 7}}, {{"timeloom_batch_pictures", "body_pose", 1, 4, {}}}};
  world.open(1);
  world.start_worker();
  REQUIRE(world.ask_for_metrics()->answered);
  CHECK(world.metrics == metric_set{{none, world.counted.values[0]}, world.counted.summaries});
  world.kill_worker();
  REQUIRE(world.ask_for_metrics()->answered);
  CHECK(world.metrics == metric_set{{one}, {}});
}

TEST_CASE("a worker that gives no metrics in time is left alone") {
  link_world world;
  world.open(1);
  world.start_worker();
  world.answers_metrics = false;
  const auto request = world.ask_for_metrics();
  world.wait(4s);
  CHECK_FALSE(request->reason);
  world.wait(2s);
  CHECK(code_of(request) == errc::timeout);
  CHECK(world.state().worker);
  const auto work = world.look(1);
  world.answer(0);
  CHECK(work->answered);
}

TEST_CASE("metrics are no answer of a worker that stopped computing") {
  link_world world;
  world.open(1);
  world.start_worker();
  const auto request = world.look(1);
  for (int i = 0; i < 62; ++i) {
    world.ask_for_metrics();
    world.wait(1s);
  }
  CHECK(code_of(request) == errc::worker_lost);
}
