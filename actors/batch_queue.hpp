/// Pictures of many videos on their way to batches, one lane for each analyzer of a model worker.
///
/// A batch is closed when it is full or when its oldest picture has waited long enough; of several, the one with the
/// oldest picture goes first. Any thread may call the members. What the lanes hold is bounded by the credit of the
/// jobs.
#pragma once

#include "actors/protocol.hpp"
#include "media/frame_ring.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace timeloom {

/// A picture in a lane.
struct queued_picture {
  std::uint64_t session = 0;
  std::uint64_t number = 0; ///< within its session, from 0
  frame_reference reference;
  std::shared_ptr<const frame_ring> ring; ///< keeps the picture's memory mapped
  std::chrono::duration<double> waited{}; ///< in the lane, once it left it
};

struct picture_batch_of_lane {
  std::size_t lane = 0;
  std::vector<queued_picture> pictures; ///< at least one
};

class batch_queue {
public:
  struct lane_options {
    int max_batch_size = 16;
    std::chrono::milliseconds max_wait{20};
  };

  explicit batch_queue(const std::vector<lane_options>& lanes);

  void push(std::size_t lane, std::vector<queued_picture> pictures);

  /// Waits for the next batch; nothing once the queue is closed.
  std::optional<picture_batch_of_lane> pop();

  /// Takes a lane's pictures of a session out again.
  void forget(std::uint64_t session);

  /// No batch of the lane is larger from now on: it was too large for the device.
  void shrink(std::size_t lane, int max_batch_size);
  int max_batch_size(std::size_t lane) const;

  /// Every `pop` returns nothing from now on.
  void close();

private:
  using clock = std::chrono::steady_clock;

  struct waiting_picture {
    queued_picture picture;
    clock::time_point since;
  };
  struct lane_state {
    lane_options options;
    std::deque<waiting_picture> waiting;
  };

  /// When the lane's next batch may go; never without pictures.
  static clock::time_point due(const lane_state& lane);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<lane_state> lanes_; // guarded by mutex_, as is closed_
  bool closed_ = false;
};

} // namespace timeloom
