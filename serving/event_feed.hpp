/// What happens to jobs, told as it happens to whoever listens: the source of the server-sent events.
///
/// Any thread may publish, and never waits for a listener: each has a queue of its own with a limit. Where it is full,
/// the queue is emptied and its listener is told once that it missed something, so that it can ask for the whole state.
#pragma once

#include "serving/job_entry.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

enum class feed_kind : std::uint8_t {
  state,    ///< the job has another state: its JSON, as in GET /v1/jobs/{id}
  progress, ///< {"id", "attempt", "frames", "seconds", "duration_s"}
  find,     ///< an event of the timeline as it was found, as in the timeline's JSON, with "job" added
  missed,   ///< what came before was more than the listener took
};

std::string_view to_string(feed_kind kind);

struct feed_item {
  std::uint64_t number = 0; ///< from 1, growing; the "id" of the server-sent event
  feed_kind kind = feed_kind::state;
  job_id job = 0;
  std::string json; ///< on one line
};

class event_feed {
public:
  class subscription;

  /// `queue` is how many items a listener may be behind.
  explicit event_feed(std::size_t queue = 256);
  ~event_feed();

  void publish(feed_kind kind, job_id job, std::string json);

  /// Whether somebody listens to this job: finds are not worth writing down for nobody.
  bool is_heard(job_id job) const;

  /// Of one job, or of all: then without finds.
  std::unique_ptr<subscription> subscribe(std::optional<job_id> job);

  /// Wakes every listener; they get nothing more.
  void close();

private:
  struct shared;
  std::shared_ptr<shared> shared_;
};

/// One owner, one thread.
class event_feed::subscription {
public:
  ~subscription();

  /// Waits until there is something, at most `patience`; empty when there is not.
  std::vector<feed_item> take(std::chrono::milliseconds patience);
  bool closed() const;

private:
  friend class event_feed;
  struct queue;
  subscription(std::shared_ptr<shared> feed, std::shared_ptr<queue> mine);
  std::shared_ptr<shared> feed_;
  std::shared_ptr<queue> mine_;
};

} // namespace timeloom
