/// A thread that reads records from one worker and hands them on.
///
/// It reads ahead of its consumer by at most `window` records: a worker that floods is slowed down by its own socket.
/// Owned by a media link; the destructor ends the thread.
#pragma once

#include "media/record_channel.hpp"

#include <atomic>
#include <functional>
#include <semaphore>
#include <string>
#include <thread>

namespace timeloom {

class record_reader {
public:
  static constexpr int window = 32;

  /// Both are called from the reader's thread: `on_record` for each record, `on_end` once, with the reason.
  /// `channel` must outlive this.
  record_reader(record_channel& channel, std::function<void(received_record)> on_record,
                std::function<void(std::string)> on_end);
  ~record_reader();
  record_reader(const record_reader&) = delete;
  record_reader& operator=(const record_reader&) = delete;

  /// A record that was handed on is dealt with. Any thread.
  void dealt_with() { room_.release(); }

private:
  record_channel& channel_;
  std::counting_semaphore<window + 1> room_{window};
  std::atomic<bool> ending_ = false; // records that came before a shutdown can still be read, and must not be
  std::thread thread_;
};

} // namespace timeloom
