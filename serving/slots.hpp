/// A number of places for something costly, and who holds one. Any thread; must outlive its leases.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>

namespace timeloom {

class slots {
public:
  explicit slots(int number) : free_(number) {}

  /// A place, given back when destroyed.
  class lease {
  public:
    lease(lease&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    lease& operator=(lease&&) = delete;
    ~lease() {
      if (of_ != nullptr)
        of_->give_back();
    }

  private:
    friend class slots;
    explicit lease(slots* of) : of_(of) {}
    slots* of_;
  };

  /// Nothing when none got free within `patience`.
  std::optional<lease> take(std::chrono::milliseconds patience = std::chrono::milliseconds{0}) {
    std::unique_lock lock{mutex_};
    if (!freed_.wait_for(lock, patience, [&] { return free_ > 0; }))
      return std::nullopt;
    --free_;
    return lease{this};
  }

private:
  void give_back() {
    {
      const std::lock_guard lock{mutex_};
      ++free_;
    }
    freed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable freed_;
  int free_;
};

} // namespace timeloom
