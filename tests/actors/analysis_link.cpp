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
  bool blameless = false;
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
  shared_outcome open(std::uint64_t session, bool alone = false) {
    return ask<session_opened>({}, session_atom_v,
                               session_spec{session, session, 1, 16, "object_detection", {}, {}, alone}, ring_);
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
              [result](caf::error& reason) {
                result->reason = from_caf(reason);
                result->blameless = is_blameless(reason);
              });
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

/// Whether a worker was lost over this request, for all that is known.
bool is_charged(const shared_outcome& result) {
  CHECK(code_of(result) == errc::worker_lost);
  return !result->blameless;
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
  CHECK_FALSE(one->reason); // another process is tried
  world.wait(2 * 20s + 2s);
  CHECK(code_of(one) == errc::worker_lost);
  CHECK_FALSE(world.state().process.is_running());
  world.wait(5s);
  const auto later = world.open(2);
  world.wait(21s); // which is enough now
  CHECK(code_of(later) == errc::worker_lost);
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
  world.wait(1s);
  REQUIRE(world.start_worker());
  CHECK(is_charged(world.look(1))); // and not that there is no such session
  CHECK(is_charged(world.finish(1)));
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

namespace {

/// The session that the job with this number has.
constexpr std::uint64_t of_job(std::uint64_t job) {
  return job << 16;
}

} // namespace

TEST_CASE("a worker that dies over pictures of one video is lost to it, and gone for the others") {
  link_world world;
  for (const std::uint64_t job : {1, 2, 3})
    world.open(of_job(job));
  world.start_worker();
  const auto guilty = world.look(of_job(1)), at_once = world.look(of_job(1));
  world.kill_worker();
  CHECK(is_charged(guilty));
  CHECK(is_charged(at_once));
  CHECK(guilty->reason->message == "the analysis worker was killed by signal 9 (Killed)");
  CHECK_FALSE(is_charged(world.look(of_job(2))));
  CHECK_FALSE(is_charged(world.finish(of_job(3))));
}

TEST_CASE("a worker that dies over pictures of two videos is gone for all") {
  link_world world;
  for (const std::uint64_t job : {1, 2, 3})
    world.open(of_job(job));
  world.start_worker();
  const auto one = world.look(of_job(1)), other = world.look(of_job(2));
  world.kill_worker();
  for (const auto& suspect : {one, other}) {
    CHECK_FALSE(is_charged(suspect));
    CHECK(suspect->reason->message == "the analysis worker was killed by signal 9 (Killed)");
  }
}

TEST_CASE("a worker that dies over nothing is lost to the only video that has sessions, and gone for several") {
  for (const std::uint64_t other : {1, 2}) {
    link_world world;
    world.open(of_job(1));
    world.open(of_job(other) + 1);
    world.start_worker();
    world.kill_worker();
    CHECK(is_charged(world.look(of_job(1))) == (other == 1));
    CHECK(is_charged(world.finish(of_job(other) + 1)) == (other == 1));
  }
}

TEST_CASE("pictures of a video that goes alone are with the worker while none of others are") {
  link_world world;
  world.open(of_job(1));
  world.open(of_job(2), true);
  world.open(of_job(3));
  world.start_worker();
  REQUIRE(world.opened == list{of_job(1), of_job(2), of_job(3)});
  world.look(of_job(1));
  world.look(of_job(3));
  world.look(of_job(2));
  world.look(of_job(2));
  world.look(of_job(3));
  CHECK(world.frames == list{of_job(1), of_job(3)});
  world.answer(0);
  CHECK(world.frames.size() == 2);
  world.answer(1);
  CHECK(world.frames == list{of_job(1), of_job(3), of_job(2), of_job(2)});
  world.answer(2);
  const auto last = world.look(of_job(2)); // not before that of job 3, which came first
  CHECK(world.frames.size() == 4);
  world.answer(3);
  REQUIRE(world.frames.size() == 5);
  CHECK(world.frames.back() == of_job(3));
  world.answer(4);
  REQUIRE(world.frames.size() == 6);
  CHECK(world.frames.back() == of_job(2));
  const auto waiting = world.look(of_job(1));
  world.kill_worker();
  CHECK(is_charged(last));
  CHECK_FALSE(is_charged(waiting));
}

TEST_CASE("what is cancelled holds nobody up") {
  link_world world;
  world.open(of_job(1), true);
  world.open(of_job(2), true);
  world.open(of_job(3));
  world.start_worker();
  world.look(of_job(1));
  const auto held = world.look(of_job(2));
  world.look(of_job(3));
  world.cancel(of_job(2));
  CHECK(code_of(held) == errc::cancelled);
  CHECK(world.frames == list{of_job(1)});
  world.cancel(of_job(1)); // the worker need not answer
  CHECK(world.frames == list{of_job(1), of_job(3)});
}

TEST_CASE("a worker forgets a session that was cancelled before it could finish it") {
  link_world world;
  world.open(of_job(1), true);
  world.open(of_job(2));
  world.start_worker();
  world.look(of_job(1));
  const auto held = world.finish(of_job(2));
  world.cancel(of_job(2));
  CHECK(code_of(held) == errc::cancelled);
  CHECK(world.finished.empty());
  CHECK(world.cancelled == list{of_job(2)});
}

TEST_CASE("a lost worker is started again after a rest, which is doubled until one has worked") {
  link_world world;
  const auto starts_after = [&](std::chrono::milliseconds rest) {
    world.open(1);
    world.wait(rest - 100ms);
    CHECK_FALSE(world.state().process.is_running());
    world.wait(100ms);
    CHECK(world.state().process.is_running());
    REQUIRE(world.start_worker());
  };
  world.open(1);
  world.start_worker(); // the first does not rest
  for (const auto rest : {500ms, 1000ms, 2000ms, 4000ms, 8000ms, 16000ms, 30000ms, 30000ms}) {
    INFO(rest.count());
    world.kill_worker();
    starts_after(rest);
  }
  world.look(1);
  world.answer(0);
  world.kill_worker();
  starts_after(500ms);
}

TEST_CASE("nothing is started after a rest that nobody waits for") {
  link_world world;
  world.open(1);
  world.start_worker();
  world.kill_worker();
  const auto given_up = world.open(2);
  world.cancel(2);
  CHECK(code_of(given_up) == errc::cancelled);
  world.wait(1min);
  CHECK_FALSE(world.state().process.is_running());
  world.open(3);
  CHECK(world.state().process.is_running());
}
