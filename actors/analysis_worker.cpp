#include "actors/analysis_worker.hpp"

#include "actors/caf_error.hpp"
#include "actors/protocol.hpp"
#include "actors/slot_picture.hpp"
#include "actors/worker_main.hpp"
#include "analyzers/library_threads.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace timeloom {

namespace {

constexpr auto ring_patience = std::chrono::seconds{5};

struct session {
  std::unique_ptr<sampled_analyzer> analyzer;
  std::shared_ptr<const frame_ring> ring;
  std::uint64_t ring_number = 0;
  histogram* seconds_a_picture = nullptr; ///< of the analyzer in all videos
};

struct worker_state {
  static inline const char* name = "analysis_worker";

  std::map<std::uint64_t, session> sessions;
  std::map<std::string, histogram> seconds_a_picture; // by analyzer
};

using self_pointer = analysis_worker_actor::stateful_pointer<worker_state>;

batch_result look_at(session& open, const frame_batch& batch) {
  using clock = std::chrono::steady_clock;
  const auto seconds_since = [](clock::time_point start) {
    return std::chrono::duration<double>(clock::now() - start).count();
  };
  const auto start = clock::now();
  batch_result result;
  for (const auto& reference : batch.frames) {
    const auto picture_start = clock::now();
    const auto picture = picture_in(*open.ring, reference);
    const auto seen = picture ? open.analyzer->see(*picture) : tl::unexpected{picture.error()};
    if (!seen)
      result.frame_errors.push_back(
          fmt::format("at {:.3f} s: {}", to_seconds(media_time{reference.time_ns}), seen.error().message));
    open.seconds_a_picture->record(seconds_since(picture_start));
  }
  result.events = open.analyzer->take_events();
  result.seconds = seconds_since(start);
  return result;
}

analysis_worker_actor::behavior_type analysis_worker(self_pointer self, std::span<const sampled_analyzer_factory> table,
                                                     ring_inbox* rings) {
  const auto end_session = [self, rings](std::uint64_t number) {
    const auto open = self->state.sessions.find(number);
    if (open == self->state.sessions.end())
      return;
    rings->forget(open->second.ring_number);
    self->state.sessions.erase(open);
  };
  return {
      [self, table, rings](session_atom, const session_spec& spec) -> caf::result<session_opened> {
        const auto row = std::find_if(table.begin(), table.end(), [&](const auto& r) { return r.id == spec.analyzer; });
        auto ring = rings->ring(spec.ring, ring_patience);
        if (!ring)
          return to_caf(ring.error());
        auto analyzer = row != table.end() ? row->make(spec.options)
                                           : fail(errc::unsupported, "{} does not run in this worker", spec.analyzer);
        if (!analyzer) {
          rings->forget(spec.ring);
          return to_caf(analyzer.error());
        }
        session_opened opened{(*analyzer)->backend(), "cpu"};
        self->state.sessions[spec.session] = {std::move(*analyzer), std::move(*ring), spec.ring,
                                              &self->state.seconds_a_picture[spec.analyzer]};
        return opened;
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
      [](ping_atom) { return true; },
      [self](metrics_atom) {
        metric_set found;
        for (const auto& [analyzer, seconds] : self->state.seconds_a_picture)
          found.summaries.push_back(summary_of("timeloom_picture_compute_seconds", analyzer, seconds));
        return found;
      },
  };
}

} // namespace

void run_analysis_worker(std::span<const sampled_analyzer_factory> table) {
  keep_libraries_single_threaded();
  serve_coordinator("analysis", [table](caf::actor_system& system, ring_inbox& rings) {
    // Detached: an analyzer may compute for a long time, and the threads of the pool must not wait for it.
    return system.spawn<caf::detached>(analysis_worker, table, &rings);
  });
}

} // namespace timeloom
