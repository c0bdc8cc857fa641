/// The frame rings that a worker process was given, by number.
///
/// A thread of its own receives them from the record channel; when the coordinator closes that, it ends the process,
/// whatever the other threads are doing. Any thread may call the members.
#pragma once

#include "media/frame_ring.hpp"
#include "media/record_channel.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

namespace timeloom {

class ring_inbox {
public:
  /// Starts the thread, which runs until the process ends; so must this.
  explicit ring_inbox(record_channel channel);

  /// The ring with this number, waiting for it up to `patience`. It stays mapped until each of its sessions was
  /// forgotten, and as long as somebody holds it.
  expected<std::shared_ptr<const frame_ring>> ring(std::uint64_t number, std::chrono::milliseconds patience);

  /// A session that the ring was given for is over. It is given once for each, under one number.
  void forget(std::uint64_t number);

private:
  struct given_ring {
    std::shared_ptr<const frame_ring> ring;
    int sessions = 0;
  };

  void receive();
  expected<void> accept(received_record record);

  record_channel channel_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::uint64_t, given_ring> rings_; // guarded by mutex_
};

/// The record that passes a ring; its descriptor travels with it.
std::vector<std::uint8_t> encode_ring(std::uint64_t number, const ring_shape& shape);

} // namespace timeloom
