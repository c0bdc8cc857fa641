/// The daemon's heart: takes videos in, has them analyzed, publishes what comes of them, and forgets none.
///
/// Every step is in the journal before the next begins, so that a daemon that was killed goes on where it was: jobs
/// that ran are queued again, results that were whole get their names. What ends a job:
///
///     queued -> running -> publishing -> done, partial
///                 |  \--> queued again, later: it failed, and was not yet tried often enough
///                 \-----> failed (trying again would not help), quarantined (tried often enough), cancelled
///
/// Where videos are put away, those that failed or are quarantined are publishing too until they have moved.
/// Jobs that ran when the daemon died are suspects: each runs alone then, so that it is known whose doing a death is.
#pragma once

#include "serving/daemon_protocol.hpp"
#include "serving/event_feed.hpp"
#include "serving/journal.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace timeloom {

struct daemon_start {
  shared_setup setup;
  std::shared_ptr<journal> jobs; ///< the daemon's from then on
  coordinator_actor coordinator;
  hasher_actor hasher;
  mover_actor mover;
  event_feed* feed = nullptr; ///< lives longer than the actor
};

/// What the actor holds.
struct daemon_state {
  static inline const char* name = "daemon";

  struct running_job {
    job_entry entry;
    std::uint64_t number = 0;       ///< the coordinator's for it; 0: not yet there
    std::optional<job_action> wish; ///< `cancel` or `pause`, to be done when the analysis has ended
    running_progress progress;
    shared_input input;                    ///< opened once: what is hashed is what is analyzed
    std::optional<std::string> sha256;     ///< of its content; nothing: nobody asked; empty: not known yet, or never
    std::optional<job_id> waits_for;       ///< the same content, which is analyzed now
    bool begun = false;                    ///< its analysis
    shared_setup setup;                    ///< as it began
    std::shared_ptr<const timeline> known; ///< from an earlier result; null: nothing
  };
  struct put_back {
    std::string reason;
    bool charged = false;
    std::chrono::milliseconds delay{0};
    std::optional<file_version> version; ///< that the video has now, when it is another one
  };

  /// Of a publishing job's video to its place.
  struct video_move {
    bool is_asked_for = false; ///< else it was refused
    int refusals = 0;
    std::chrono::milliseconds left{0}; ///< until it is asked for again
  };

  /// The output folder took no file: nothing starts before it is looked at again.
  struct output_refusal {
    std::string held;
    std::chrono::seconds delay{1}; ///< from one look to the next
    std::chrono::seconds left = delay;
  };

  daemon_start with;
  std::map<job_id, running_job> running;
  std::map<job_id, put_back> to_put_back; ///< those that the journal could not take, when it was full
  std::map<job_id, video_move> moves;     ///< those of publishing jobs that are under way, or will be again
  std::map<job_id, int> uncharged;        ///< attempts whose results could not be kept, since one was
  std::optional<output_refusal> refusal;
  bool paused = false;
  std::string held;
  std::optional<std::chrono::steady_clock::time_point> drain_until;
  std::vector<caf::typed_response_promise<bool>> drained;
  wall_time started{};
  std::chrono::steady_clock::time_point trimmed{}, swept{}; ///< the journal, the uploads
};

/// So many videos at most are on their way to their places, or wait to be: nothing is analyzed meanwhile.
inline constexpr std::size_t most_moves = 64;

/// How often a job may be the only one running when the daemon dies, before it is taken for the cause.
inline constexpr int most_interruptions = 10;

/// Ends with its coordinator, hasher or mover.
daemon_actor::behavior_type daemon(daemon_actor::stateful_pointer<daemon_state> self, daemon_start start);

} // namespace timeloom
