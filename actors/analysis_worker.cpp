#include "actors/analysis_worker.hpp"

#include "actors/basp_socket.hpp"
#include "actors/caf_error.hpp"
#include "actors/protocol.hpp"
#include "actors/ring_inbox.hpp"
#include "actors/system_config.hpp"
#include "actors/worker_process.hpp"
#include "analyzers/library_threads.hpp"

#include <algorithm>
#include <caf/scoped_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <cstdio>
#include <map>
#include <unistd.h>

namespace timeloom {

namespace {

constexpr auto ring_patience = std::chrono::seconds{5};
constexpr auto register_patience = std::chrono::seconds{10};

struct session {
  std::unique_ptr<sampled_analyzer> analyzer;
  std::shared_ptr<const frame_ring> ring;
  std::uint64_t ring_number = 0;
};

struct worker_state {
  static inline const char* name = "analysis_worker";

  std::map<std::uint64_t, session> sessions;
};

using self_pointer = analysis_worker_actor::stateful_pointer<worker_state>;

/// The slot's picture, if it is wholly inside the slot.
expected<sampled_frame> picture_in(const frame_ring& ring, const frame_reference& reference) {
  if (reference.slot < 0 || reference.slot >= ring.shape().slots || reference.width < 1 || reference.height < 1 ||
      reference.format > static_cast<std::uint8_t>(sample_format::bgr24))
    return fail(errc::protocol, "frame {} refers to no picture in slot {}", reference.index, reference.slot);
  const auto format = static_cast<sample_format>(reference.format);
  const auto bytes = std::int64_t{reference.width} * reference.height * bytes_per_pixel(format);
  if (bytes > ring.shape().slot_bytes)
    return fail(errc::protocol, "frame {} is larger than its slot", reference.index);
  return sampled_frame{{reference.index, media_time{reference.time_ns}},
                       {reference.width, reference.height},
                       format,
                       ring.slot(reference.slot).first(static_cast<std::size_t>(bytes))};
}

batch_result look_at(session& open, const frame_batch& batch) {
  const auto start = std::chrono::steady_clock::now();
  batch_result result;
  for (const auto& reference : batch.frames) {
    const auto picture = picture_in(*open.ring, reference);
    const auto seen = picture ? open.analyzer->see(*picture) : tl::unexpected{picture.error()};
    if (!seen)
      result.frame_errors.push_back(
          fmt::format("at {:.3f} s: {}", to_seconds(media_time{reference.time_ns}), seen.error().message));
  }
  result.events = open.analyzer->take_events();
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

analysis_worker_actor::behavior_type analysis_worker(self_pointer self, std::span<const sampled_analyzer_factory> table,
                                                     ring_inbox* rings) {
  const auto forget_unused = [self, rings](std::uint64_t ring) {
    if (std::none_of(self->state.sessions.begin(), self->state.sessions.end(),
                     [&](const auto& open) { return open.second.ring_number == ring; }))
      rings->forget(ring);
  };
  const auto end_session = [self, forget_unused](std::uint64_t number) {
    const auto open = self->state.sessions.find(number);
    if (open == self->state.sessions.end())
      return;
    const auto ring = open->second.ring_number;
    self->state.sessions.erase(open);
    forget_unused(ring);
  };
  return {
      [self, table, rings, forget_unused](session_atom, const session_spec& spec) -> caf::result<std::string> {
        const auto row = std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.id == spec.analyzer; });
        auto ring = rings->ring(spec.ring, ring_patience);
        if (!ring)
          return to_caf(ring.error());
        auto analyzer = row != table.end() ? row->make(spec.options)
                                           : fail(errc::unsupported, "{} does not run in this worker", spec.analyzer);
        if (!analyzer) {
          ring->reset();
          forget_unused(spec.ring);
          return to_caf(analyzer.error());
        }
        auto backend = (*analyzer)->backend();
        self->state.sessions[spec.session] = {std::move(*analyzer), std::move(*ring), spec.ring};
        return backend;
      },
      [self](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
        const auto open = self->state.sessions.find(batch.session);
        if (open == self->state.sessions.end())
          return to_caf({errc::protocol, fmt::format("there is no session {}", batch.session)});
        return look_at(open->second, batch);
      },
      [self, end_session](finish_atom, std::uint64_t number) -> caf::result<batch_result> {
        const auto open = self->state.sessions.find(number);
        if (open == self->state.sessions.end())
          return to_caf({errc::protocol, fmt::format("there is no session {}", number)});
        open->second.analyzer->finish();
        batch_result result;
        result.events = open->second.analyzer->take_events();
        end_session(number);
        return result;
      },
      [end_session](cancel_atom, std::uint64_t number) { end_session(number); },
  };
}

} // namespace

int run_analysis_worker(std::span<const sampled_analyzer_factory> table) {
  keep_libraries_single_threaded();
  static ring_inbox rings{record_channel{unique_fd{worker_channel_fd}}};
  system_config config;
  caf::actor_system system{config};
  const auto coordinator = connect_on<registrar_actor>(system, unique_fd{worker_basp_fd});
  if (!coordinator) {
    std::fprintf(stderr, "timeloom analysis worker: %s\n", coordinator.error().message.c_str());
    return 70;
  }
  // Detached: an analyzer may compute for a long time, and the threads of the pool must not wait for it.
  const auto worker = system.spawn<caf::detached>(analysis_worker, table, &rings);
  caf::scoped_actor self{system};
  bool accepted = false;
  self->request(*coordinator, register_patience, register_atom_v, analysis_protocol_version, worker)
      .receive([&](bool yes) { accepted = yes; }, [](caf::error&) {});
  if (accepted)
    self->wait_for(worker); // the ring inbox ends the process with the coordinator
  ::_exit(accepted ? 0 : 70);
}

} // namespace timeloom
