/// Questions of many videos about their pictures, on their way to a model: as many threads as are asked at once.
///
/// Any thread may call the members. The threads live until the process ends, and so must the desk: nobody destroys it.
#pragma once

#include "analyzers/picture_describer.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

namespace timeloom {

/// An answer, or why there is none.
struct answered_question {
  std::uint64_t session = 0;
  std::size_t number = 0;
  expected<picture_answer> answer;
  double seconds = 0; ///< its share of the time in which there were questions
};

class question_desk {
public:
  struct waiting_question {
    std::uint64_t session = 0;
    std::size_t number = 0;
    picture_question asked;
    std::stop_token cancel;
  };

  /// `done` is called by the threads.
  question_desk(picture_describer& model, int threads, std::function<void(answered_question)> done);

  void push(waiting_question question);

  /// Those of a session that no thread has taken are never answered.
  void forget(std::uint64_t session);

  /// Questions that no thread has taken.
  std::size_t waiting() const;

private:
  using clock = std::chrono::steady_clock;

  void answer();
  double share_until_now();

  picture_describer& model_;
  const std::function<void(answered_question)> done_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All below is guarded by the mutex.
  std::deque<waiting_question> waiting_;
  std::size_t under_way_ = 0;
  double shared_seconds_ = 0; // what one question that was under way all the time would have cost
  clock::time_point shared_at_ = clock::now();
};

} // namespace timeloom
