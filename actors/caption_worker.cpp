#include "actors/caption_worker.hpp"

#include "actors/caf_error.hpp"
#include "actors/model_preparation.hpp"
#include "actors/slot_picture.hpp"
#include "timeline/utf8.hpp"

#include <caf/send.hpp>
#include <cstdio>
#include <cstdlib>

namespace timeloom {

void end_model_worker(const error& reason) {
  std::fprintf(stderr, "timeloom model worker: %s\n", one_line(reason.message).c_str());
  std::_Exit(70);
}

namespace {

using self_pointer = caption_worker_actor::stateful_pointer<caption_worker_state>;

constexpr auto ring_patience = std::chrono::seconds{2}; // no ping is answered meanwhile

caf::error no_session(std::uint64_t number) {
  return to_caf({errc::protocol, fmt::format("there is no session {}", number)});
}

/// A copy in RGB, because the slot is given back.
expected<kept_picture> keep(const frame_ring& ring, const frame_reference& reference) {
  const auto frame = picture_in(ring, reference);
  if (!frame)
    return tl::unexpected{frame.error()};
  if (frame->format != sample_format::bgr24)
    return fail(errc::protocol, "frame {} is in {}, not in bgr24", reference.index, to_string(frame->format));
  kept_picture kept{frame->size, std::vector<std::uint8_t>(frame->pixels.size())};
  for (std::size_t i = 0; i + 2 < frame->pixels.size(); i += 3) {
    kept.rgb[i] = frame->pixels[i + 2];
    kept.rgb[i + 1] = frame->pixels[i + 1];
    kept.rgb[i + 2] = frame->pixels[i];
  }
  return kept;
}

void ask(self_pointer self, std::uint64_t session, const caption_worker_state::video& video,
         std::vector<caption_session::ready_question> questions) {
  for (auto& one : questions)
    self->state.desk->push({session, one.number, std::move(one.asked), video.cancel.get_token()});
}

void end_session(self_pointer self, ring_inbox* rings, std::uint64_t number, const error& reason) {
  auto& state = self->state;
  auto ended = state.videos.extract(number);
  if (!ended)
    return;
  ended.mapped().cancel.request_stop();
  state.desk->forget(number);
  // A promise that is only dropped would never be answered.
  if (ended.mapped().finish)
    ended.mapped().finish->deliver(to_caf(reason));
  for (auto& [session, answer] : state.held_back)
    if (session == number)
      answer.deliver(to_caf(reason));
  std::erase_if(state.held_back, [&](const auto& held) { return held.first == number; });
  rings->forget(ended.mapped().ring_number);
}

void finish_if_over(self_pointer self, ring_inbox* rings, std::uint64_t number) {
  auto& video = self->state.videos.at(number);
  if (!video.finish || !video.session.is_over())
    return;
  std::exchange(video.finish, std::nullopt)->deliver(video.session.take_result());
  end_session(self, rings, number, {});
}

} // namespace

caption_worker_actor::behavior_type caption_worker(self_pointer self, picture_describer* model, int threads,
                                                   ring_inbox* rings) {
  self->state.desk =
      std::make_unique<question_desk>(*model, threads, [worker = caption_worker_actor{self}](answered_question given) {
        // The coordinator notices, starts another process and has the videos that were under way analyzed again.
        if (!given.answer && given.answer.error().code == errc::worker_lost)
          end_model_worker(given.answer.error());
        caf::anon_send(worker, looked_atom_v, std::make_shared<const answered_question>(std::move(given)));
      });
  const auto most_waiting = static_cast<std::size_t>(threads);
  return {
      [=](session_atom, const session_spec& spec) -> caf::result<session_opened> {
        auto ring = rings->ring(spec.ring, ring_patience);
        if (!ring)
          return to_caf(ring.error());
        self->state.videos.emplace(
            spec.session,
            caption_worker_state::video{
                spec.ring, std::move(*ring), caption_session{spec.questions, spec.options.scene_caption}, {}, {}});
        auto answer = self->make_response_promise<session_opened>();
        prepare_aside(self, model)
            .then([answer](session_opened& opened) mutable { answer.deliver(std::move(opened)); },
                  [=, number = spec.session](caf::error& reason) mutable {
                    end_session(self, rings, number, from_caf(reason));
                    answer.deliver(std::move(reason));
                  });
        return answer;
      },
      [=](frames_atom, const frame_batch& batch) -> caf::result<batch_result> {
        auto& state = self->state;
        const auto open = state.videos.find(batch.session);
        if (open == state.videos.end())
          return no_session(batch.session);
        auto& video = open->second;
        for (const auto& reference : batch.frames)
          ask(self, batch.session, video, video.session.take(reference.index, keep(*video.ring, reference)));
        if (state.desk->waiting() < most_waiting)
          return video.session.take_result();
        state.held_back.emplace_back(batch.session, self->make_response_promise<batch_result>());
        return state.held_back.back().second;
      },
      [=](finish_atom, std::uint64_t number) -> caf::result<batch_result> {
        const auto open = self->state.videos.find(number);
        if (open == self->state.videos.end())
          return no_session(number);
        auto answer = self->make_response_promise<batch_result>();
        open->second.finish = answer;
        ask(self, number, open->second, open->second.session.close());
        finish_if_over(self, rings, number);
        return answer;
      },
      [=](cancel_atom, std::uint64_t number) {
        end_session(self, rings, number, {errc::cancelled, fmt::format("session {} was ended", number)});
      },
      [](ping_atom) { return true; },
      [=](metrics_atom) { return model->metrics(); },
      [=](looked_atom, const shared_answer& given) {
        auto& state = self->state;
        while (!state.held_back.empty() && state.desk->waiting() < most_waiting) {
          auto [session, answer] = std::move(state.held_back.front());
          state.held_back.pop_front();
          answer.deliver(state.videos.at(session).session.take_result());
        }
        const auto open = state.videos.find(given->session);
        if (open == state.videos.end())
          return;
        open->second.session.answer(given->number, given->answer, given->seconds);
        finish_if_over(self, rings, given->session);
      },
  };
}

} // namespace timeloom
