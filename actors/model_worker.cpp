#include "actors/model_worker.hpp"

#include "actors/batch_queue.hpp"
#include "actors/caf_error.hpp"
#include "actors/caption_worker.hpp"
#include "actors/lane_metrics.hpp"
#include "actors/model_preparation.hpp"
#include "actors/protocol.hpp"
#include "actors/slot_picture.hpp"
#include "actors/video_session.hpp"
#include "actors/worker_main.hpp"
#include "analyzers/batch_looker.hpp"

#include <algorithm>
#include <caf/event_based_actor.hpp>
#include <caf/response_promise.hpp>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <iterator>
#include <map>
#include <thread>

namespace timeloom {

namespace {

constexpr auto ring_patience = std::chrono::seconds{2}; // no ping is answered meanwhile

/// What every thread of the process uses; it lives until the process ends.
struct engine {
  engine(model_lanes all, const std::vector<batch_queue::lane_options>& options)
      : lanes(std::move(all.lanes)),
        describer(std::move(all.describer)),
        describer_threads(all.describer_threads),
        queue(options),
        metrics_of_models(std::move(all.metrics)),
        is_lost(std::move(all.is_lost)) {
    for (const auto& lane : lanes)
      metrics.emplace_back(lane.analyzer);
  }

  std::vector<batch_lane> lanes;
  std::unique_ptr<picture_describer> describer;
  int describer_threads = 0;
  batch_queue queue;
  std::deque<lane_metrics> metrics; ///< by lane
  std::function<metric_set()> metrics_of_models;
  std::function<bool()> is_lost;
};

struct open_session {
  std::size_t lane = 0;
  std::uint64_t ring_number = 0;
  std::shared_ptr<const frame_ring> ring;
  video_session video;
  std::map<std::uint64_t, caf::typed_response_promise<batch_result>> answers; ///< by request
};

struct worker_state {
  static inline const char* name = "model_worker";

  std::map<std::uint64_t, open_session> sessions;
  analysis_worker_actor captions; ///< has the sessions of scene_caption; null where that does not run
};

using self_pointer = model_worker_actor::stateful_pointer<worker_state>;

/// Looks at batches until the process ends.
void compute(engine& shared, const model_worker_actor& worker) {
  while (auto batch = shared.queue.pop()) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<sampled_frame> frames;
    std::vector<looked_at> results;
    for (auto& picture : batch->pictures) {
      auto frame = picture_in(*picture.ring, picture.reference);
      if (frame && frame->format != sample_format::bgr24)
        frame =
            fail(errc::protocol, "frame {} is in {}, not in bgr24", picture.reference.index, to_string(frame->format));
      results.push_back({picture.session, picture.number, picture.reference, {}, 0, {}});
      if (frame) {
        frames.push_back(*frame);
        results.back().sketch.emplace(*frame);
      } else {
        results.back().finds = tl::unexpected{frame.error()};
      }
    }
    auto finds = look_at_all(*shared.lanes[batch->lane].runs, frames,
                             [&](std::size_t size) { shared.queue.shrink(batch->lane, static_cast<int>(size / 2)); });
    // The coordinator notices, starts another process and has the videos that were under way analyzed again.
    for (const auto& one : finds)
      if (!one && one.error().code == errc::worker_lost)
        end_model_worker(one.error());
    const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    shared.metrics[batch->lane].record(batch->pictures, seconds);
    auto next = finds.begin();
    for (auto& result : results) {
      if (result.finds)
        result.finds = std::move(*next++);
      result.seconds = seconds / static_cast<double>(results.size());
    }
    caf::anon_send(worker, looked_atom_v, std::make_shared<std::vector<looked_at>>(std::move(results)));
  }
}

/// Ends the process when its device is lost. Without work it would not notice, and an MPS server that has had a fault
/// lets nobody in before those that it served have gone.
void watch_device(const engine& shared) {
  for (;; std::this_thread::sleep_for(std::chrono::seconds{1}))
    if (shared.is_lost())
      end_model_worker({errc::worker_lost, "the device does nothing more for this process"});
}

void end_session(self_pointer self, ring_inbox* rings, engine& shared, std::uint64_t number) {
  auto ended = self->state.sessions.extract(number);
  if (!ended)
    return;
  shared.queue.forget(number);
  // What is being looked at comes too late. A promise that is only dropped would never be answered.
  for (auto& [request, answer] : ended.mapped().answers)
    answer.deliver(to_caf({errc::cancelled, fmt::format("session {} was ended", number)}));
  rings->forget(ended.mapped().ring_number);
}

model_worker_actor::behavior_type model_worker(self_pointer self, engine* shared, ring_inbox* rings) {
  if (shared->describer)
    self->state.captions = caf::actor_cast<analysis_worker_actor>(
        self->spawn<caf::linked>(caption_worker, shared->describer.get(), shared->describer_threads, rings));
  return {
      [=](session_atom, const session_spec& spec) -> caf::result<session_opened> {
        if (self->state.captions && !spec.questions.empty())
          return self->delegate(self->state.captions, session_atom_v, spec);
        auto& lanes = shared->lanes;
        const auto lane =
            std::find_if(lanes.begin(), lanes.end(), [&](const auto& one) { return one.analyzer == spec.analyzer; });
        auto ring = rings->ring(spec.ring, ring_patience);
        if (!ring)
          return to_caf(ring.error());
        if (lane == lanes.end()) {
          rings->forget(spec.ring);
          return to_caf({errc::unsupported, spec.analyzer + " does not run in this worker"});
        }
        self->state.sessions.emplace(spec.session, open_session{static_cast<std::size_t>(lane - lanes.begin()),
                                                                spec.ring,
                                                                std::move(*ring),
                                                                video_session{lane->runs->begin_video(spec.options)},
                                                                {}});
        // The model is brought by a thread of its own: this one goes on answering.
        auto answer = self->make_response_promise<session_opened>();
        auto* analyzer = lane->runs.get();
        prepare_aside(self, analyzer)
            .then([answer](session_opened& opened) mutable { answer.deliver(std::move(opened)); },
                  [=, number = spec.session](caf::error& reason) mutable {
                    end_session(self, rings, *shared, number);
                    answer.deliver(std::move(reason));
                  });
        return answer;
      },
      [=](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
        const auto open = self->state.sessions.find(batch.session);
        if (open == self->state.sessions.end() && self->state.captions)
          return self->delegate(self->state.captions, frames_atom_v, batch);
        if (open == self->state.sessions.end())
          return to_caf({errc::protocol, fmt::format("there is no session {}", batch.session)});
        if (batch.frames.empty())
          return batch_result{};
        auto& session = open->second;
        const auto request = session.video.expect(batch.frames.size());
        std::vector<queued_picture> pictures;
        for (std::size_t i = 0; i < batch.frames.size(); ++i)
          pictures.push_back({batch.session, request.first_picture + i, batch.frames[i], session.ring});
        auto answer = self->make_response_promise<batch_result>();
        session.answers.emplace(request.number, answer);
        shared->queue.push(session.lane, std::move(pictures));
        return answer;
      },
      [=](finish_atom, std::uint64_t number) -> caf::result<batch_result> {
        const auto open = self->state.sessions.find(number);
        if (open == self->state.sessions.end() && self->state.captions)
          return self->delegate(self->state.captions, finish_atom_v, number);
        if (open == self->state.sessions.end())
          return to_caf({errc::protocol, fmt::format("there is no session {}", number)});
        auto result = open->second.video.finish();
        end_session(self, rings, *shared, number);
        return result;
      },
      [=](cancel_atom, std::uint64_t number) {
        if (self->state.captions)
          self->send(self->state.captions, cancel_atom_v, number);
        end_session(self, rings, *shared, number);
      },
      [](ping_atom) { return true; },
      [=](metrics_atom) {
        metric_set found;
        const auto add = [&](std::vector<metric_summary> more) {
          std::move(more.begin(), more.end(), std::back_inserter(found.summaries));
        };
        for (const auto& lane : shared->metrics)
          add(lane.summaries());
        if (shared->describer) {
          auto of_captions = shared->describer->metrics();
          add(std::move(of_captions.summaries));
          found.values = std::move(of_captions.values);
        }
        auto of_models = shared->metrics_of_models();
        add(std::move(of_models.summaries));
        std::move(of_models.values.begin(), of_models.values.end(), std::back_inserter(found.values));
        return found;
      },
      [=](looked_atom, const looked_batch& results) {
        for (auto& result : *results) {
          const auto open = self->state.sessions.find(result.session);
          if (open == self->state.sessions.end())
            continue;
          for (auto& [request, answer] : open->second.video.see(std::move(result)))
            if (auto waiting = open->second.answers.extract(request))
              waiting.mapped().deliver(std::move(answer));
        }
      },
  };
}

} // namespace

void run_model_worker(model_lanes lanes, const model_worker_options& options) {
  std::vector<batch_queue::lane_options> queue_options;
  for (const auto& lane : lanes.lanes)
    queue_options.push_back({lane.max_batch_size, options.max_wait});
  static engine shared{std::move(lanes), queue_options};
  serve_coordinator("model", [&options](caf::actor_system& system, ring_inbox& rings) {
    const auto worker = system.spawn(model_worker, &shared, &rings);
    for (int i = 0; i < options.threads; ++i)
      std::thread{[worker] { compute(shared, worker); }}.detach();
    std::thread{[] { watch_device(shared); }}.detach();
    return caf::actor_cast<analysis_worker_actor>(worker);
  });
}

} // namespace timeloom
