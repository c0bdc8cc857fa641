/// In a model worker: the sessions of scene_caption, whose unit is not a picture but a question about several.
#pragma once

#include "actors/caption_session.hpp"
#include "actors/protocol.hpp"
#include "actors/question_desk.hpp"
#include "actors/ring_inbox.hpp"

#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

namespace timeloom {

/// What the actor holds.
struct caption_worker_state {
  static inline const char* name = "caption_worker";

  using answer = caf::typed_response_promise<batch_result>;

  struct video {
    std::uint64_t ring_number = 0;
    std::shared_ptr<const frame_ring> ring;
    caption_session session;
    std::stop_source cancel;
    std::optional<answer> finish; ///< was asked for its last events
  };

  std::map<std::uint64_t, video> videos;                  ///< by session
  std::deque<std::pair<std::uint64_t, answer>> held_back; ///< of pictures: their videos are to send no more now
  std::unique_ptr<question_desk> desk;
};

/// `model` and `rings` must live as long as the process. Asks up to `threads` questions at once. A picture is copied
/// and its slot given back; while as many questions wait as are asked, the answers that give slots back are held back.
caption_worker_actor::behavior_type caption_worker(caption_worker_actor::stateful_pointer<caption_worker_state> self,
                                                   picture_describer* model, int threads, ring_inbox* rings);

} // namespace timeloom
