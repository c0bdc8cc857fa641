/// Draws on the videos that were analyzed, one after the other on a thread of its own, while others are analyzed.
#pragma once

#include "app/render_process.hpp"

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace timeloom {

struct render_task {
  std::size_t number = 0; ///< of the video, for those who hear of it
  std::string input;
  std::string stem;
  std::shared_ptr<const timeline> made;
};

/// Those that hear of the drawing, on the queue's thread.
struct render_listener {
  std::function<void(const render_task&, const render_progress&)> progress;
  std::function<void(const render_task&, const expected<drawn_video>&)> over;
};

class render_queue {
public:
  render_queue(render_settings settings, render_listener listener);
  /// Stops.
  ~render_queue();

  /// Any thread.
  void add(render_task task);
  /// Waits until all that was added is over. Once, by the owner.
  void finish();
  /// Ends the worker and drops what waits: none of it is told of. Any thread.
  void stop();

private:
  void run();

  const render_settings settings_;
  const render_listener listener_;
  unique_fd stop_fd_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<render_task> waiting_;
  bool closed_ = false; // nothing is added any more
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace timeloom
