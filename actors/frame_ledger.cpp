#include "actors/frame_ledger.hpp"

#include <algorithm>

namespace timeloom {

frame_ledger::frame_ledger(int slots, const std::vector<int>& in_flight)
    : slots_(static_cast<std::size_t>(slots)), consumers_(in_flight.size()) {
  for (std::size_t i = 0; i < in_flight.size(); ++i)
    consumers_[i].most_in_flight = static_cast<std::size_t>(in_flight[i]);
}

expected<std::vector<int>> frame_ledger::announce(const media_frame& frame) {
  if (frame.slot < 0 || static_cast<std::size_t>(frame.slot) >= slots_.size())
    return fail(errc::protocol, "frame {} is said to lie in slot {} of {}", frame.at.index, frame.slot, slots_.size());
  auto& slot = slots_[static_cast<std::size_t>(frame.slot)];
  if (slot.wanted_by > 0)
    return fail(errc::protocol, "slot {} was filled with frame {} while frame {} was in use there", frame.slot,
                frame.at.index, slot.frame.at.index);
  auto wanted = frame.consumers;
  std::sort(wanted.begin(), wanted.end());
  if (std::adjacent_find(wanted.begin(), wanted.end()) != wanted.end() || wanted.empty() || wanted.front() < 0 ||
      static_cast<std::size_t>(wanted.back()) >= consumers_.size())
    return fail(errc::protocol, "frame {} names consumers that do not exist", frame.at.index);
  slot.frame = frame;
  for (const int consumer : wanted) {
    auto& state = consumers_[static_cast<std::size_t>(consumer)];
    if (state.dropped)
      continue;
    state.waiting.push_back(frame.slot);
    ++slot.wanted_by;
  }
  return slot.wanted_by == 0 ? std::vector<int>{frame.slot} : std::vector<int>{};
}

void frame_ledger::open(int consumer) {
  consumers_[static_cast<std::size_t>(consumer)].open = true;
}

std::vector<media_frame> frame_ledger::take(int consumer) {
  auto& state = consumers_[static_cast<std::size_t>(consumer)];
  std::vector<media_frame> frames;
  while (state.open && !state.waiting.empty() && state.in_flight.size() < state.most_in_flight) {
    const int slot = state.waiting.front();
    state.waiting.pop_front();
    state.in_flight.push_back(slot);
    frames.push_back(slots_[static_cast<std::size_t>(slot)].frame);
  }
  return frames;
}

void frame_ledger::let_go(int slot, std::vector<int>& freed) {
  if (--slots_[static_cast<std::size_t>(slot)].wanted_by == 0)
    freed.push_back(slot);
}

std::vector<int> frame_ledger::complete(int consumer, const std::vector<int>& slots) {
  auto& state = consumers_[static_cast<std::size_t>(consumer)];
  std::vector<int> freed;
  for (const int slot : slots)
    if (std::erase(state.in_flight, slot) > 0)
      let_go(slot, freed);
  return freed;
}

std::vector<int> frame_ledger::drop(int consumer) {
  auto& state = consumers_[static_cast<std::size_t>(consumer)];
  std::vector<int> freed;
  for (const int slot : state.waiting)
    let_go(slot, freed);
  for (const int slot : state.in_flight)
    let_go(slot, freed);
  state.waiting.clear();
  state.in_flight.clear();
  state.dropped = true;
  return freed;
}

bool frame_ledger::is_busy(int consumer) const {
  const auto& state = consumers_[static_cast<std::size_t>(consumer)];
  return !state.waiting.empty() || !state.in_flight.empty();
}

int frame_ledger::free_slots() const {
  return static_cast<int>(
      std::count_if(slots_.begin(), slots_.end(), [](const slot_state& slot) { return slot.wanted_by == 0; }));
}

} // namespace timeloom
