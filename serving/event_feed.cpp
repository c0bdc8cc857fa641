#include "serving/event_feed.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <deque>
#include <utility>

namespace timeloom {

std::string_view to_string(feed_kind kind) {
  constexpr std::array<std::string_view, 4> names{"state", "progress", "find", "missed"};
  return names.at(static_cast<std::size_t>(kind));
}

struct event_feed::subscription::queue {
  std::optional<job_id> job;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<feed_item> items;
  bool closed = false;

  bool wants(const feed_item& item) const { return job ? item.job == *job : item.kind != feed_kind::find; }

  void put(const feed_item& item, std::size_t limit) {
    {
      const std::lock_guard lock{mutex};
      if (items.size() < limit) {
        items.push_back(item);
      } else {
        items.clear();
        items.push_back({item.number, feed_kind::missed, item.job, "{}"});
      }
    }
    changed.notify_one();
  }

  void close() {
    {
      const std::lock_guard lock{mutex};
      closed = true;
      items.clear();
    }
    changed.notify_one();
  }
};

struct event_feed::shared {
  explicit shared(std::size_t queue) : limit(std::max<std::size_t>(queue, 1)) {}

  const std::size_t limit;
  std::mutex mutex; // held while an item is put into all queues: each listener sees growing numbers
  std::uint64_t last = 0;
  bool closed = false;
  std::vector<std::shared_ptr<subscription::queue>> listeners;
};

event_feed::event_feed(std::size_t queue) : shared_(std::make_shared<shared>(queue)) {}

event_feed::~event_feed() {
  close();
}

void event_feed::publish(feed_kind kind, job_id job, std::string json) {
  const std::lock_guard lock{shared_->mutex};
  const feed_item item{++shared_->last, kind, job, std::move(json)};
  for (const auto& listener : shared_->listeners)
    if (listener->wants(item))
      listener->put(item, shared_->limit);
}

bool event_feed::is_heard(job_id job) const {
  const std::lock_guard lock{shared_->mutex};
  return std::any_of(shared_->listeners.begin(), shared_->listeners.end(),
                     [&](const auto& listener) { return listener->job == job; });
}

std::unique_ptr<event_feed::subscription> event_feed::subscribe(std::optional<job_id> job) {
  auto mine = std::make_shared<subscription::queue>();
  mine->job = job;
  const std::lock_guard lock{shared_->mutex};
  mine->closed = shared_->closed;
  shared_->listeners.push_back(mine);
  return std::unique_ptr<subscription>{new subscription{shared_, std::move(mine)}};
}

void event_feed::close() {
  const std::lock_guard lock{shared_->mutex};
  shared_->closed = true;
  for (const auto& listener : shared_->listeners)
    listener->close();
}

event_feed::subscription::subscription(std::shared_ptr<shared> feed, std::shared_ptr<queue> mine)
    : feed_(std::move(feed)), mine_(std::move(mine)) {}

event_feed::subscription::~subscription() {
  const std::lock_guard lock{feed_->mutex};
  std::erase(feed_->listeners, mine_);
}

std::vector<feed_item> event_feed::subscription::take(std::chrono::milliseconds patience) {
  std::unique_lock lock{mine_->mutex};
  mine_->changed.wait_for(lock, patience, [&] { return mine_->closed || !mine_->items.empty(); });
  std::vector<feed_item> taken{std::make_move_iterator(mine_->items.begin()),
                               std::make_move_iterator(mine_->items.end())};
  mine_->items.clear();
  return taken;
}

bool event_feed::subscription::closed() const {
  const std::lock_guard lock{mine_->mutex};
  return mine_->closed;
}

} // namespace timeloom
