#include "actors/analysis_link.hpp"

#include "actors/basp_socket.hpp"
#include "actors/caf_error.hpp"
#include "actors/restart_delay.hpp"
#include "actors/ring_inbox.hpp"

#include <algorithm>
#include <caf/sec.hpp>
#include <set>
#include <spdlog/spdlog.h>
#include <type_traits>

namespace timeloom {

namespace {

using self_pointer = analysis_link_actor::stateful_pointer<analysis_link_state>;

constexpr auto start_check_interval = std::chrono::milliseconds{100};
constexpr auto check_interval = std::chrono::seconds{1};

/// Why a request of a session of the lost worker fails.
caf::error loss_for(const analysis_link_state& state, std::uint64_t session) {
  return job_of_session(session) == state.cause ? to_caf({errc::worker_lost, state.loss}) : blameless_loss(state.loss);
}

/// The only job that the worker worked on; when it worked on nothing, the only one that has sessions.
std::optional<std::uint64_t> only_job(const analysis_link_state& state) {
  std::set<std::uint64_t> jobs;
  for (const auto& [number, request] : state.in_flight)
    jobs.insert(job_of_session(request.session));
  if (jobs.empty())
    for (const auto& [session, alone] : state.sessions)
      jobs.insert(job_of_session(session));
  return jobs.size() == 1 ? std::optional{*jobs.begin()} : std::nullopt;
}

void fail_waiting(self_pointer self, const error& reason) {
  for (auto& session : std::exchange(self->state.waiting, {}))
    session.answer.deliver(to_caf(reason));
}

void rest(self_pointer self) {
  auto& state = self->state;
  state.resting = true;
  self->delayed_send(self, restart_delay(state.options.rest, state.idle_losses++), check_atom_v, state.generation);
}

void lose_worker(self_pointer self, const std::string& reason) {
  auto& state = self->state;
  spdlog::warn("analysis worker: {}", reason);
  state.cause = only_job(state);
  state.loss = "the analysis worker " + reason;
  ++state.generation;
  ++state.lost;
  if (state.worker)
    self->demonitor(state.worker.address());
  else
    ++state.failed_starts;
  state.worker = nullptr;
  state.sessions.clear();
  state.turn.reset();
  state.pinged = false;
  state.channel.reset();
  state.process.end();
  rest(self);
  if (state.failed_starts >= most_failed_starts)
    fail_waiting(self, {errc::worker_lost, state.loss});
  for (auto& [number, request] : std::exchange(state.in_flight, {}))
    request.fail(loss_for(state, request.session));
  for (auto& request : std::exchange(state.held, {}))
    request.fail(loss_for(state, request.session));
}

expected<void> start_worker(self_pointer self) {
  auto& state = self->state;
  auto channel = record_channel::create_pair();
  if (!channel)
    return tl::unexpected{channel.error()};
  auto basp = create_basp_pair();
  if (!basp)
    return tl::unexpected{basp.error()};
  std::vector<unique_fd> inherited;
  inherited.emplace_back(channel->second.release());
  inherited.push_back(std::move(basp->second));
  auto process = worker_process::start(state.options.worker, std::move(inherited));
  if (!process)
    return tl::unexpected{process.error()};
  state.process = std::move(*process);
  state.channel = std::make_unique<record_channel>(std::move(channel->first));
  const registrar_actor registrar = caf::actor_cast<registrar_actor>(self);
  publish_on(self->system(), std::move(basp->first), registrar);
  state.start_waited = {};
  self->delayed_send(self, start_check_interval, check_atom_v, ++state.generation);
  return {};
}

void hear(analysis_link_state& state) {
  state.answer_waited = state.pulse_waited = {};
}

/// Sends on what may go now. Nothing overtakes what came before it, so everybody's turn comes.
void send_held(self_pointer self) {
  auto& state = self->state;
  if (state.in_flight.empty())
    state.turn.reset();
  while (!state.held.empty()) {
    const auto& first = state.held.front();
    const auto job = job_of_session(first.session);
    if (state.turn ? job != *state.turn : first.alone && !state.in_flight.empty())
      return;
    if (first.alone)
      state.turn = job;
    auto request = std::move(state.held.front());
    state.held.pop_front();
    const auto number = ++state.requests;
    if (state.in_flight.empty())
      state.answer_waited = {};
    const auto send = std::move(request.send);
    state.in_flight[number] = std::move(request);
    send(number);
  }
}

/// The request was answered. Whether its sender still waits for that.
bool close_request(self_pointer self, std::uint64_t number) {
  hear(self->state);
  const bool waits = self->state.in_flight.erase(number) > 0;
  send_held(self);
  return waits;
}

/// Sends a request to the worker once it is its turn, after `prepare`; whatever happens, `answer` is delivered once.
template <class Result, class... Args>
void forward(self_pointer self, caf::typed_response_promise<Result> answer, std::uint64_t session,
             std::function<bool()> prepare, Args... args) {
  auto& state = self->state;
  const auto open = state.sessions.find(session);
  if (open == state.sessions.end()) // a worker started since then knows nothing of it
    return void(answer.deliver(loss_for(state, session)));
  const auto send = [self, session, answer, prepare = std::move(prepare), args...](std::uint64_t number) mutable {
    if (prepare && !prepare())
      return;
    // No timeout of its own: a request may wait behind many. `check_worker` looks whether answers come at all.
    self->request(self->state.worker, caf::infinite, std::move(args)...)
        .then(
            [self, number, answer](Result& result) mutable {
              if constexpr (std::is_same_v<Result, batch_result>)
                self->state.idle_losses = 0;
              if (close_request(self, number))
                answer.deliver(std::move(result));
            },
            [self, number, session, answer](caf::error& reason) mutable {
              if (reason == caf::sec::request_receiver_down)
                return; // the down handler knows over whose work
              if (std::is_same_v<Result, session_opened>)
                self->state.sessions.erase(session);
              if (close_request(self, number))
                answer.deliver(std::move(reason));
            });
  };
  state.held.push_back(
      {session, open->second, send, [answer](const caf::error& reason) mutable { answer.deliver(reason); }});
  send_held(self);
}

/// After a rest: the sessions that came meanwhile wait for the next process.
void end_rest(self_pointer self) {
  auto& state = self->state;
  state.resting = false;
  if (state.waiting.empty())
    return;
  if (auto started = start_worker(self); !started)
    fail_waiting(self, started.error());
}

/// While a process starts: did it register? Then: does it answer?
void check_worker(self_pointer self) {
  auto& state = self->state;
  const auto generation = state.generation;
  if (state.resting)
    return end_rest(self);
  if (!state.worker) {
    if (state.process.has_ended())
      return lose_worker(self, state.process.end());
    state.start_waited += start_check_interval;
    if (state.start_waited > state.options.start_timeout)
      return lose_worker(self, fmt::format("did not start within {} s", state.options.start_timeout.count()));
    return self->delayed_send(self, start_check_interval, check_atom_v, generation);
  }
  if (!state.in_flight.empty() && (state.answer_waited += check_interval) > state.options.answer_timeout)
    return lose_worker(self, fmt::format("gave no answer for {} s", state.options.answer_timeout.count()));
  if (state.pinged && (state.pulse_waited += check_interval) > state.options.pulse_timeout)
    return lose_worker(self, fmt::format("gave no sign of life for {} s", state.options.pulse_timeout.count()));
  self->delayed_send(self, check_interval, check_atom_v, generation);
  if (state.pinged || state.options.pulse_timeout.count() == 0)
    return;
  state.pinged = true;
  state.pulse_waited = {};
  self->request(state.worker, caf::infinite, ping_atom_v)
      .then(
          [self, generation](bool) {
            if (generation == self->state.generation)
              self->state.pinged = false; // which says nothing of the threads that compute
          },
          [](const caf::error&) {}); // it has ended: the down handler's business
}

void begin_session(self_pointer self, analysis_link_state::pending_session& session) {
  if (!self->state.worker) // lost over a session that waited before this one
    return void(session.answer.deliver(loss_for(self->state, session.spec.session)));
  const auto& spec = session.spec;
  // The ring goes first: the worker waits for it when the request overtakes it.
  const auto send_ring = [self, number = spec.ring, shape = ring_shape{spec.slot_bytes, spec.slots},
                          ring = session.ring] {
    const int memory = ring->get();
    auto sent = self->state.channel->send(encode_ring(number, shape), {&memory, 1}, record_channel::when_full::give_up);
    if (!sent)
      lose_worker(self, "does not take frame rings: " + sent.error().message);
    return sent.has_value();
  };
  self->state.sessions[spec.session] = spec.alone;
  forward(self, session.answer, spec.session, send_ring, session_atom_v, spec);
}

} // namespace

analysis_link_actor::behavior_type analysis_link(self_pointer self, analysis_link_options options) {
  self->state.options = std::move(options);
  self->set_down_handler([self](const caf::down_msg& down) {
    auto& state = self->state;
    if (state.worker && down.source == state.worker.address())
      lose_worker(self, state.process.end(std::chrono::seconds{1}));
  });
  return {
      [self](register_atom, std::int32_t version, const analysis_worker_actor& worker) {
        auto& state = self->state;
        if (version != analysis_protocol_version || state.worker || !state.process.is_running())
          return false;
        state.worker = worker;
        state.failed_starts = 0;
        self->monitor(worker);
        for (auto& session : std::exchange(state.waiting, {}))
          begin_session(self, session);
        return true;
      },
      [self](session_atom, const session_spec& spec, const shared_fd& ring) -> caf::result<session_opened> {
        auto& state = self->state;
        if (!state.process.is_running() && !state.resting)
          if (auto started = start_worker(self); !started)
            return to_caf(started.error());
        auto answer = self->make_response_promise<session_opened>();
        analysis_link_state::pending_session session{spec, ring, answer};
        if (state.worker)
          begin_session(self, session);
        else
          state.waiting.push_back(std::move(session));
        return answer;
      },
      [self](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
        auto answer = self->make_response_promise<batch_result>();
        forward(self, answer, batch.session, {}, frames_atom_v, batch);
        return answer;
      },
      [self](finish_atom, std::uint64_t session) -> caf::result<batch_result> {
        auto answer = self->make_response_promise<batch_result>();
        forward(self, answer, session, {}, finish_atom_v, session);
        self->state.sessions.erase(session);
        return answer;
      },
      [self](cancel_atom, std::uint64_t session) {
        auto& state = self->state;
        const auto reason = to_caf({errc::cancelled, "the session was cancelled"});
        const auto drop = [&](auto& request) {
          const bool cancelled = request.session == session;
          if (cancelled)
            request.fail(reason);
          return cancelled;
        };
        // A worker need not answer what it was asked for a session that it forgets.
        const auto dropped = std::erase_if(state.in_flight, [&](auto& request) { return drop(request.second); }) +
                             std::erase_if(state.held, drop); // such as what was to finish it
        send_held(self);
        if (state.sessions.erase(session) + dropped > 0)
          return self->send(state.worker, cancel_atom_v, session);
        const auto same = [&](const auto& pending) { return pending.spec.session == session; };
        for (auto& pending : state.waiting)
          if (same(pending))
            pending.answer.deliver(reason);
        std::erase_if(state.waiting, same);
      },
      [self](metrics_atom) -> caf::result<metric_set> {
        const metric losses{std::string{worker_losses_metric}, "", static_cast<double>(self->state.lost)};
        if (!self->state.worker)
          return metric_set{{losses}, {}};
        auto answer = self->make_response_promise<metric_set>();
        self->request(self->state.worker, self->state.options.metrics_timeout, metrics_atom_v)
            .then(
                [answer, losses](metric_set& found) mutable {
                  found.values.insert(found.values.begin(), losses);
                  answer.deliver(std::move(found));
                },
                [answer](caf::error& reason) mutable { answer.deliver(std::move(reason)); });
        return answer;
      },
      [self](check_atom, std::uint32_t generation) {
        if (generation == self->state.generation)
          check_worker(self);
      },
  };
}

} // namespace timeloom
