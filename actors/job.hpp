/// One video from submission to result: plan, workers, frames, retries, merge.
#pragma once

#include "actors/frame_ledger.hpp"
#include "actors/job_record.hpp"
#include "actors/protocol.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

struct job_options {
  std::uint64_t number = 0;
  analysis_request request;
  listener_actor listener;
  coordinator_actor coordinator;
  int frame_slots = 4;                         ///< sampled pictures in flight
  std::map<std::string, int> frames_in_flight; ///< how many of them an analyzer may have at a time, by id
};

/// What the actor holds.
struct job_state {
  static inline const char* name = "job";

  /// A sampled analyzer of the current stage; its place in the list is its number.
  struct consumer {
    std::string analyzer;
    double rate_hz = 0;
    std::uint64_t session = 0;
    analysis_link_actor link;
    analyzer_report report;
    std::int64_t bad_frames = 0;
    std::int64_t finds = 0;
    std::string first_bad_frame;
    bool over = false;      ///< has a report, or was lost
    bool finishing = false; ///< was asked for its last events
  };

  job_options options;
  job_record record{{}};
  bool alone = false;       ///< a worker was lost over this video or over others: they share none at a time any more
  std::uint64_t stages = 0; ///< begun so far, of all attempts
  std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now();
  shared_input input; ///< null until a media worker is there

  // The current stage of the current attempt.
  media_link_actor media; ///< null while waiting for one, and once it is done
  std::vector<std::string> fused;
  std::vector<consumer> consumers;
  std::vector<scene_question> questions; ///< of those consumers that need scenes
  std::string left_out;                  ///< of the scenes, in words; empty: nothing
  std::optional<frame_ledger> frames;
  shared_fd ring;
  ring_shape shape;
  bool media_over = false;
  std::chrono::steady_clock::time_point progress_told; ///< when the listener last heard how far it is
};

job_actor::behavior_type job(job_actor::stateful_pointer<job_state> self, job_options options);

} // namespace timeloom
