/// Who holds which slot of a job's frame ring.
///
/// The job's own table: a slot belongs to the media worker (free), or it holds a picture that some consumers have yet
/// to look at. (The media link keeps one bit a slot, to check the worker.) A plain class without threads or actors.
#pragma once

#include "actors/media_records.hpp"

#include <cstdint>
#include <deque>
#include <vector>

namespace timeloom {

class frame_ledger {
public:
  /// `in_flight` has for each consumer how many pictures it may have at a time.
  frame_ledger(int slots, const std::vector<int>& in_flight);

  /// The media worker filled a slot. Fails with `errc::protocol` when the slot is not the worker's to fill or the
  /// picture is for a consumer that does not exist. Gives the slots that are free at once, because nobody is left who
  /// wants the picture.
  expected<std::vector<int>> announce(const media_frame& frame);

  /// The consumer is ready to look at pictures.
  void open(int consumer);

  /// Pictures to hand to the consumer now, in presentation order; they count as in flight until `complete`.
  std::vector<media_frame> take(int consumer);

  /// The consumer has looked at the pictures in `slots`. Gives those that nobody wants any more: the media worker's.
  std::vector<int> complete(int consumer, const std::vector<int>& slots);

  /// The consumer looks at nothing more. Gives the slots that are free now.
  std::vector<int> drop(int consumer);

  /// Whether the consumer has pictures waiting or in flight.
  bool is_busy(int consumer) const;

  /// Slots that the media worker may fill.
  int free_slots() const;

private:
  struct consumer_state {
    bool open = false;
    bool dropped = false;
    std::deque<int> waiting;    // slots, in order of announcement
    std::vector<int> in_flight; // slots
    std::size_t most_in_flight = 0;
  };
  struct slot_state {
    media_frame frame;
    int wanted_by = 0; // consumers that have not looked at it; 0: free
  };

  void let_go(int slot, std::vector<int>& freed);

  std::vector<slot_state> slots_;
  std::vector<consumer_state> consumers_;
};

} // namespace timeloom
