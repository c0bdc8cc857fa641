#include "actors/batch_queue.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

batch_queue::batch_queue(const std::vector<lane_options>& lanes) {
  for (const auto& options : lanes)
    lanes_.push_back({options, {}});
}

void batch_queue::push(std::size_t lane, std::vector<queued_picture> pictures) {
  const std::lock_guard lock{mutex_};
  const auto now = clock::now();
  for (auto& picture : pictures)
    lanes_.at(lane).waiting.push_back({std::move(picture), now});
  changed_.notify_all();
}

batch_queue::clock::time_point batch_queue::due(const lane_state& lane) {
  if (lane.waiting.empty())
    return clock::time_point::max();
  const auto since = lane.waiting.front().since;
  const bool full = lane.waiting.size() >= static_cast<std::size_t>(lane.options.max_batch_size);
  return full ? since : since + lane.options.max_wait;
}

std::optional<picture_batch_of_lane> batch_queue::pop() {
  std::unique_lock lock{mutex_};
  while (!closed_) {
    // Lanes whose time has come differ by the age of their pictures alone.
    const auto now = clock::now();
    const auto next = std::ranges::min_element(lanes_, {}, [now](const lane_state& lane) {
      return std::pair{std::max(due(lane), now),
                       lane.waiting.empty() ? clock::time_point::max() : lane.waiting.front().since};
    });
    const auto when = next == lanes_.end() ? clock::time_point::max() : due(*next);
    if (when == clock::time_point::max()) {
      changed_.wait(lock);
    } else if (when > now) {
      changed_.wait_until(lock, when);
    } else {
      picture_batch_of_lane batch{static_cast<std::size_t>(next - lanes_.begin()), {}};
      while (!next->waiting.empty() && batch.pictures.size() < static_cast<std::size_t>(next->options.max_batch_size)) {
        auto& [picture, since] = next->waiting.front();
        picture.waited = now - since;
        batch.pictures.push_back(std::move(picture));
        next->waiting.pop_front();
      }
      return batch;
    }
  }
  return std::nullopt;
}

void batch_queue::forget(std::uint64_t session) {
  const std::lock_guard lock{mutex_};
  for (auto& lane : lanes_)
    std::erase_if(lane.waiting, [&](const auto& one) { return one.picture.session == session; });
}

void batch_queue::shrink(std::size_t lane, int max_batch_size) {
  const std::lock_guard lock{mutex_};
  auto& now = lanes_.at(lane).options.max_batch_size;
  now = std::clamp(max_batch_size, 1, now);
  changed_.notify_all(); // the lane may be full now
}

int batch_queue::max_batch_size(std::size_t lane) const {
  const std::lock_guard lock{mutex_};
  return lanes_.at(lane).options.max_batch_size;
}

void batch_queue::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  changed_.notify_all();
}

} // namespace timeloom
