/// The questions about one video's scenes in a model worker: gathers the pictures of each, makes events of the answers.
///
/// A plain class; one owner, one thread.
#pragma once

#include "actors/protocol.hpp"
#include "analyzers/picture_describer.hpp"

#include <cstddef>
#include <vector>

namespace timeloom {

class caption_session {
public:
  /// A question whose pictures are there; `number` is its place among those of the video.
  struct ready_question {
    std::size_t number = 0;
    picture_question asked;
  };

  caption_session(std::vector<scene_question> questions, scene_caption_options options);

  /// The next picture of the video that came, in order of time, or why it cannot be used. Gives the questions that wait
  /// for no other one now.
  std::vector<ready_question> take(std::int64_t index, expected<kept_picture> picture);

  /// No picture follows: gives the rest of the questions.
  std::vector<ready_question> close();

  void answer(std::size_t number, const expected<picture_answer>& given, double seconds);

  /// Whether the session was closed and each question has its answer.
  bool is_over() const { return closed_ && open_ == 0; }

  /// What is certain since the last call.
  batch_result take_result();

private:
  struct waiting_question {
    scene_question of;
    std::size_t expected = 0; ///< the next of its frames
    std::vector<kept_picture> pictures;
  };

  std::vector<ready_question> pass_to(std::int64_t index);
  void miss(const frame_position& frame, const std::string& why);

  std::vector<waiting_question> questions_;
  scene_caption_options options_;
  std::size_t next_ = 0; // the first that waits for pictures
  std::size_t open_ = 0; // were given and not answered
  bool closed_ = false;
  batch_result result_;
};

} // namespace timeloom
