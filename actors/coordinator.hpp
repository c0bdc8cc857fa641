/// Accepts videos, shares out the workers, and owns every actor of this process that does work.
#pragma once

#include "actors/analysis_link.hpp"
#include "actors/media_link.hpp"
#include "actors/protocol.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <map>
#include <vector>

namespace timeloom {

/// Processes of one kind that run sampled analyzers.
struct analysis_group {
  std::string name = "analysis worker"; ///< of each, for people
  std::string device = "cpu";           ///< or a GPU's UUID
  std::map<std::string, int> analyzers; ///< ids of those they run, with how many pictures of one video are at a worker
  int workers = 1;                      ///< each is started when there is work for it
  analysis_link_options link;
};

struct coordinator_options {
  std::vector<media_link_options> media;    ///< one for each process; each is started when there is work for it
  std::shared_ptr<decoder_record> decoding; ///< of these, where some may choose their decoder; else null
  int frame_slots = 4;                      ///< sampled pictures in flight a video
  std::vector<analysis_group> analysis;     ///< several may run the same analyzers, on other devices
};

/// What the actor holds.
struct coordinator_state {
  static inline const char* name = "coordinator";

  struct media_seat {
    media_link_actor link;
    std::uint64_t job = 0;      ///< whose it is; 0: free
    bool was_cancelled = false; ///< its last job, in which its worker may still be
  };
  struct analysis_seat {
    analysis_link_actor link;
    std::size_t group = 0;           ///< of the options
    std::vector<std::uint64_t> jobs; ///< one entry for each session given
  };

  struct running_job {
    job_actor actor;
    listener_actor listener;
    std::uint64_t tag = 0;
    bool begun = false; ///< it had a media worker before
  };

  coordinator_options options;
  std::vector<media_seat> media;
  std::vector<analysis_seat> analysis;
  std::deque<std::uint64_t> waiting; ///< for a media worker: jobs that have begun, then first come first served
  std::map<std::uint64_t, running_job> jobs;
  std::uint64_t last_job = 0;
};

/// When it ends, so do its jobs, its links and with them their processes.
coordinator_actor::behavior_type coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
                                             coordinator_options options);

} // namespace timeloom
