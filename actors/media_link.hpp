/// Owns one media worker process: starts it when there is work, watches it, believes nothing it says.
#pragma once

#include "actors/decoder_record.hpp"
#include "actors/protocol.hpp"
#include "actors/record_reader.hpp"
#include "actors/worker_process.hpp"
#include "core/histogram.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace timeloom {

struct media_link_options {
  worker_command worker;                         ///< how to start the process
  std::string device = "cpu";                    ///< where it may decode, or a GPU's UUID; for people
  int threads = 0;                               ///< decoder threads; 0: one for each core
  decoder_rule decoder = decoder_rule::software; ///< on the GPU that the worker's environment shows it
  std::shared_ptr<decoder_record> decoding;      ///< told what decoding costs, and asked; null: nobody chooses by it
  std::chrono::seconds stall_timeout{60};        ///< without a report, while slots are free, after which it is ended
  std::chrono::milliseconds rest{500};           ///< after the loss of a process at work, before the next is started
};

/// What the actor holds. The channel outlives its reader, the process both.
struct media_link_state {
  static inline const char* name = "media_link";

  struct assigned {
    std::uint64_t job = 0;
    job_actor actor;
    std::vector<std::string> fused; ///< analyzers that the worker may report finds of
    std::size_t consumers = 0;
    std::int64_t slot_bytes = 0;
    std::optional<frame_position> latest; ///< of the pictures sent
    std::vector<bool> filled;             ///< by slot: with a picture that was not yet released
    std::int64_t finds_bytes = 0;
    std::chrono::seconds silent{0};    ///< by the checks, which stand still while the whole program does
    std::optional<decoding_turn> turn; ///< if what it costs is kept
  };

  media_link_options options;
  std::uint32_t generation = 0; ///< of the process; what an earlier one still had to say is dropped
  worker_process process;
  std::unique_ptr<record_channel> channel;
  std::unique_ptr<record_reader> reader;
  bool greeted = false;
  std::optional<assigned> current;
  std::optional<std::uint64_t> ending;      ///< a cancelled job that the worker has not yet said it left
  std::chrono::seconds leaving{0};          ///< since that was cancelled, by the checks
  std::optional<media_assignment> held;     ///< until the rest is over, or the worker has left cancelled work
  std::chrono::seconds idle{0};             ///< since it had work
  bool resting = false;                     ///< a process was lost at work just now
  int idle_losses = 0;                      ///< processes lost in a row that had reported nothing of their work
  int lost = 0;                             ///< processes
  std::map<std::string, histogram> seconds; ///< that each fused analyzer took for a video, by its id
};

/// A worker that dies, stalls, or sends a record that does not fit is ended, the job hears `lost` with the reason in
/// words, and a new process is started for the next assignment: after a rest when it was lost at work, and after twice
/// as long each time until one gets on. A worker that may use a GPU and says that this is lost is ended too, free of
/// charge. One that does not leave cancelled work is replaced when the next has waited for that. One that has nothing
/// to do is ended as well: it holds memory of the GPU, and after a fault, of which it knows nothing, the GPU's MPS
/// server lets nobody in before it has gone.
media_link_actor::behavior_type media_link(media_link_actor::stateful_pointer<media_link_state> self,
                                           media_link_options options);

} // namespace timeloom
