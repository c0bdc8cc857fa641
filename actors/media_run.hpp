/// One order of a media worker at work: a thread that decodes, and one that analyzes and samples what was decoded.
///
/// Owned by the worker's main thread, which brings credit; reports go out through `report`, from the two threads.
/// The destructor cancels and waits.
#pragma once

#include "actors/media_records.hpp"
#include "analyzers/fused_pipeline.hpp"
#include "analyzers/sampling_clock.hpp"
#include "core/bounded_queue.hpp"
#include "core/unique_fd.hpp"
#include "media/frame_ring.hpp"
#include "media/sampled_picture.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <variant>
#include <vector>

namespace timeloom {

class media_run {
public:
  /// `report` sends one report to the coordinator and may be called from either thread.
  media_run(media_order order, unique_fd input, frame_ring ring, std::function<void(const media_report&)> report);
  ~media_run();

  std::uint64_t job() const { return order_.job; }

  /// These slots may be written again.
  void release(const std::vector<int>& slots);

  /// Makes the threads stop soon; the run reports `errc::cancelled`.
  void cancel();

private:
  void decode();
  void analyze();
  expected<media_finished> analyze_frames();
  expected<void> sample(const decoded_frame& frame, picture_sampler& sampler, std::vector<sampling_clock>& clocks);
  std::optional<int> wait_for_slot();
  void send_finds(std::vector<event> events, std::vector<scene> scenes);

  std::vector<sampling_clock> clocks() const; // of the consumers, at the start

  media_order order_;
  unique_fd input_;
  frame_ring ring_;
  std::function<void(const media_report&)> report_;
  fused_pipeline pipeline_; // the analyzing thread's; the other one asks whether it looks at frames

  /// What decoding gives, in the order in which it lies in the file. A few blocks of sound go with the four frames.
  bounded_queue<std::variant<decoded_frame, sound_block>> decoded_{5};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<int> free_slots_;       // guarded by mutex_, as are the three below
  expected<media_facts> outcome_;     // of decoding: what is known with the first frame, final once decoded_ is closed
  std::optional<sound_facts> sound_;  // likewise, of the sound; known once decoded_ is closed
  std::optional<decoding_cost> cost_; // likewise, of the pictures
  std::atomic<bool> cancelled_ = false;
  std::thread decoder_;
  std::thread analyzer_;
};

} // namespace timeloom
