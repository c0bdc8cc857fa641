#include "actors/analysis_link.hpp"

#include "actors/basp_socket.hpp"
#include "actors/caf_error.hpp"
#include "actors/ring_inbox.hpp"

#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using self_pointer = analysis_link_actor::stateful_pointer<analysis_link_state>;

constexpr auto start_check_interval = std::chrono::milliseconds{100};
constexpr auto check_interval = std::chrono::seconds{1};

void lose_worker(self_pointer self, const std::string& reason) {
  auto& state = self->state;
  spdlog::warn("analysis worker: {}", reason);
  const error lost{errc::worker_lost, "the analysis worker " + reason};
  ++state.generation;
  if (state.worker)
    self->demonitor(state.worker.address());
  state.worker = nullptr;
  state.channel.reset();
  state.process.end();
  for (auto& session : std::exchange(state.waiting, {}))
    session.answer.deliver(to_caf(lost));
  for (auto& [number, fail_request] : std::exchange(state.in_flight, {}))
    fail_request(lost);
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

/// Sends a request on to the worker; whatever happens, `answer` is delivered once.
template <class Result, class... Args>
void forward(self_pointer self, caf::typed_response_promise<Result> answer, Args... args) {
  auto& state = self->state;
  if (!state.worker)
    return void(answer.deliver(to_caf({errc::worker_lost, "the analysis worker is gone"})));
  const auto number = ++state.requests;
  if (state.in_flight.empty())
    state.heard = std::chrono::steady_clock::now();
  state.in_flight[number] = [answer](const error& reason) mutable { answer.deliver(to_caf(reason)); };
  // No timeout of its own: a request may wait behind many. `check_worker` looks whether answers come at all.
  self->request(state.worker, caf::infinite, std::move(args)...)
      .then(
          [self, number, answer](Result& result) mutable {
            self->state.heard = std::chrono::steady_clock::now();
            if (self->state.in_flight.erase(number) > 0)
              answer.deliver(std::move(result));
          },
          [self, number, answer](caf::error& reason) mutable {
            self->state.heard = std::chrono::steady_clock::now();
            if (self->state.in_flight.erase(number) > 0)
              answer.deliver(std::move(reason));
          });
}

/// While a process starts: did it register? Then: does it answer?
void check_worker(self_pointer self) {
  auto& state = self->state;
  const auto generation = state.generation;
  if (!state.worker) {
    if (state.process.has_ended())
      return lose_worker(self, state.process.end());
    state.start_waited += start_check_interval;
    if (state.start_waited > state.options.start_timeout)
      return lose_worker(self, fmt::format("did not start within {} s", state.options.start_timeout.count()));
    return self->delayed_send(self, start_check_interval, check_atom_v, generation);
  }
  if (!state.in_flight.empty() && std::chrono::steady_clock::now() - state.heard > state.options.answer_timeout)
    return lose_worker(self, fmt::format("gave no answer for {} s", state.options.answer_timeout.count()));
  self->delayed_send(self, check_interval, check_atom_v, generation);
  if (state.options.pulse_timeout.count() > 0)
    self->request(state.worker, state.options.pulse_timeout, ping_atom_v)
        .then([](bool) {},
              [self, generation](const caf::error&) {
                if (generation == self->state.generation)
                  lose_worker(self,
                              fmt::format("gave no sign of life for {} s", self->state.options.pulse_timeout.count()));
              });
}

void begin_session(self_pointer self, analysis_link_state::pending_session& session) {
  const ring_shape shape{session.spec.slot_bytes, session.spec.slots};
  const int memory = session.ring->get();
  // The ring goes first: the worker waits for it when the request overtakes it.
  if (auto sent = self->state.channel->send(encode_ring(session.spec.ring, shape), {&memory, 1},
                                            record_channel::when_full::give_up);
      !sent) {
    session.answer.deliver(to_caf(sent.error()));
    return lose_worker(self, "does not take frame rings: " + sent.error().message);
  }
  forward(self, session.answer, session_atom_v, session.spec);
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
        if (version != analysis_protocol_version || state.worker)
          return false;
        state.worker = worker;
        self->monitor(worker);
        for (auto& session : std::exchange(state.waiting, {}))
          begin_session(self, session);
        return true;
      },
      [self](session_atom, const session_spec& spec, const shared_fd& ring) -> caf::result<session_opened> {
        auto& state = self->state;
        if (!state.process.is_running())
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
        forward(self, answer, frames_atom_v, batch);
        return answer;
      },
      [self](finish_atom, std::uint64_t session) -> caf::result<batch_result> {
        auto answer = self->make_response_promise<batch_result>();
        forward(self, answer, finish_atom_v, session);
        return answer;
      },
      [self](cancel_atom, std::uint64_t session) {
        auto& state = self->state;
        if (state.worker)
          return self->send(state.worker, cancel_atom_v, session);
        const auto same = [&](const auto& pending) { return pending.spec.session == session; };
        for (auto& pending : state.waiting)
          if (same(pending))
            pending.answer.deliver(to_caf({errc::cancelled, "the session was cancelled"}));
        std::erase_if(state.waiting, same);
      },
      [self](check_atom, std::uint32_t generation) {
        if (generation == self->state.generation)
          check_worker(self);
      },
  };
}

} // namespace timeloom
