#include "actors/question_desk.hpp"

#include <thread>
#include <utility>

namespace timeloom {

question_desk::question_desk(picture_describer& model, int threads, std::function<void(answered_question)> done)
    : model_(model), done_(std::move(done)) {
  for (int i = 0; i < threads; ++i)
    std::thread{[this] { answer(); }}.detach();
}

void question_desk::push(waiting_question question) {
  const std::lock_guard lock{mutex_};
  waiting_.push_back(std::move(question));
  changed_.notify_one();
}

void question_desk::forget(std::uint64_t session) {
  const std::lock_guard lock{mutex_};
  std::erase_if(waiting_, [&](const auto& one) { return one.session == session; });
}

std::size_t question_desk::waiting() const {
  const std::lock_guard lock{mutex_};
  return waiting_.size();
}

/// With the lock held, before `under_way_` changes.
double question_desk::share_until_now() {
  const auto now = clock::now();
  if (under_way_ > 0)
    shared_seconds_ += std::chrono::duration<double>(now - shared_at_).count() / static_cast<double>(under_way_);
  shared_at_ = now;
  return shared_seconds_;
}

void question_desk::answer() {
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return !waiting_.empty(); });
    auto question = std::move(waiting_.front());
    waiting_.pop_front();
    const double begun = share_until_now();
    ++under_way_;
    lock.unlock();
    auto answer = model_.describe(question.asked, question.cancel);
    lock.lock();
    const double seconds = share_until_now() - begun;
    --under_way_;
    lock.unlock();
    done_({question.session, question.number, std::move(answer), seconds});
  }
}

} // namespace timeloom
