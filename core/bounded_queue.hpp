/// A queue between two threads that holds a fixed number of items: the faster side waits for the slower.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace timeloom {

template <class T>
class bounded_queue {
public:
  explicit bounded_queue(std::size_t capacity) : capacity_(capacity) {}

  /// Waits for room. False, with the item dropped, once the queue is closed.
  bool push(T item) {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return closed_ || items_.size() < capacity_; });
    if (closed_)
      return false;
    items_.push_back(std::move(item));
    changed_.notify_all();
    return true;
  }

  /// Waits for an item. Nothing once the queue is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return closed_ || !items_.empty(); });
    if (items_.empty())
      return std::nullopt;
    std::optional<T> item{std::move(items_.front())};
    items_.pop_front();
    changed_.notify_all();
    return item;
  }

  /// No item comes in from now on; those inside still come out.
  void close() {
    const std::lock_guard lock{mutex_};
    closed_ = true;
    changed_.notify_all();
  }

private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> items_; // guarded by mutex_, as is closed_
  bool closed_ = false;
};

} // namespace timeloom
