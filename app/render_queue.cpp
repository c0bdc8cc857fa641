#include "app/render_queue.hpp"

#include <sys/eventfd.h>
#include <utility>

namespace timeloom {

render_queue::render_queue(render_settings settings, render_listener listener)
    : settings_(std::move(settings)),
      listener_(std::move(listener)),
      stop_fd_(::eventfd(0, EFD_CLOEXEC)),
      thread_([this] { run(); }) {}

render_queue::~render_queue() {
  stop();
  if (thread_.joinable())
    thread_.join();
}

void render_queue::add(render_task task) {
  const std::lock_guard lock{mutex_};
  waiting_.push_back(std::move(task));
  changed_.notify_one();
}

void render_queue::finish() {
  {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_one();
  }
  thread_.join();
}

void render_queue::stop() {
  const std::lock_guard lock{mutex_};
  stopped_ = true;
  ::eventfd_write(stop_fd_.get(), 1);
  changed_.notify_one();
}

void render_queue::run() {
  for (;;) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [this] { return stopped_ || closed_ || !waiting_.empty(); });
    if (stopped_ || waiting_.empty())
      return;
    const auto task = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    const auto drawn = run_render(settings_, task.input, task.stem, *task.made, stop_fd_.get(),
                                  [&](const render_progress& progress) { listener_.progress(task, progress); });
    lock.lock();
    if (stopped_)
      return;
    lock.unlock();
    listener_.over(task, drawn);
  }
}

} // namespace timeloom
