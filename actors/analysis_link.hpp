/// Owns one analysis worker process: starts it with the first session, passes sessions on, fails them when it is gone.
#pragma once

#include "actors/protocol.hpp"
#include "actors/worker_process.hpp"
#include "media/record_channel.hpp"

#include <caf/response_promise.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace timeloom {

struct analysis_link_options {
  worker_command worker;                   ///< how to start the process
  std::chrono::seconds start_timeout{20};  ///< until it has registered
  std::chrono::seconds answer_timeout{60}; ///< without any answer, while something was asked
  /// Without any answer after a ping, for workers that compute on other threads; 0: never asked.
  std::chrono::seconds pulse_timeout{0};
  /// Of requests for metrics, which an analysis worker answers between two batches.
  std::chrono::seconds metrics_timeout{5};
  std::chrono::milliseconds rest{500}; ///< after the loss of a process, before the next is started
};

/// What the actor holds.
struct analysis_link_state {
  static inline const char* name = "analysis_link";

  /// A request that waits for the worker to register, or for its answer.
  struct pending_session {
    session_spec spec;
    shared_fd ring;
    caf::typed_response_promise<session_opened> answer;
  };

  /// A request that waits for its turn, or for the worker's answer.
  struct asked_request {
    std::uint64_t session = 0;
    bool alone = false;
    std::function<void(std::uint64_t number)> send;
    std::function<void(const caf::error&)> fail;
  };

  analysis_link_options options;
  std::uint32_t generation = 0; ///< of the process
  int lost = 0;                 ///< workers
  worker_process process;
  std::unique_ptr<record_channel> channel; ///< rings go to the worker through it
  analysis_worker_actor worker;            ///< null until it registered
  std::vector<pending_session> waiting;
  std::map<std::uint64_t, bool> sessions;           ///< that the worker has, and whether each goes alone
  std::deque<asked_request> held;                   ///< in their order; the first waits for its turn
  std::map<std::uint64_t, asked_request> in_flight; ///< with the worker
  std::optional<std::uint64_t> turn;                ///< the job whose requests alone are with it
  std::uint64_t requests = 0;
  // Counted in checks, not by the clock: when this process was stopped, answers lie unread, and no worker is to blame.
  std::chrono::milliseconds start_waited{0};        ///< for the process to register
  std::chrono::milliseconds answer_waited{0};       ///< for any answer, while something was asked
  std::chrono::milliseconds pulse_waited{0};        ///< for any answer, since the ping
  bool pinged = false;                              ///< and not answered
  std::string loss = "the analysis worker is gone"; ///< how the last process was lost
  std::optional<std::uint64_t> cause;               ///< the job over which it was lost
  bool resting = false;                             ///< it was lost just now
  int idle_losses = 0;                              ///< processes lost in a row that had done nothing
  int failed_starts = 0;                            ///< processes in a row that did not register
};

/// Processes in a row that do not come up, before the sessions that wait for one fail.
inline constexpr int most_failed_starts = 3;

/// A worker that dies, or does not answer in time, is ended, its sessions are gone, and a new process is started for
/// the next session: after a rest, and after twice as long each time until one does some work.
///
/// What was in flight fails with `errc::worker_lost`; when it was all of one job (or none was, and all sessions are of
/// one), that job was the cause. To all others it is a `blameless_loss`; whoever then opens a session `alone` is told
/// the next time.
analysis_link_actor::behavior_type analysis_link(analysis_link_actor::stateful_pointer<analysis_link_state> self,
                                                 analysis_link_options options);

} // namespace timeloom
