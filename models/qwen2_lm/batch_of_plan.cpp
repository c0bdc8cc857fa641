#include "models/qwen2_lm/batch_of_plan.hpp"

#include <ATen/ops/tensor.h>
#include <algorithm>
#include <vector>

namespace timeloom {

token_batch batch_of_plan(const token_schedule& schedule, std::span<const planned_tokens> plan, bool single_rows,
                          c10::Device device) {
  std::vector<std::int64_t> positions, slots, piece_slots;
  std::vector<std::int32_t> lengths, row_ends{0}, length_ends{0};
  token_batch made;
  std::size_t widest = 0;
  for (const auto& work : plan) {
    const auto blocks = schedule.blocks_of(work.sequence);
    for (auto position = work.first; position < work.end(); ++position) {
      positions.push_back(position);
      slots.push_back(slot_of(blocks, position));
    }
    if (single_rows && work.count == 1 && made.pieces.empty()) {
      ++made.single;
      lengths.push_back(static_cast<std::int32_t>(work.end()));
      widest = std::max(widest, blocks.size());
      continue;
    }
    made.pieces.push_back({work.count, work.end()});
    for (std::int64_t position = 0; position < work.end(); ++position)
      piece_slots.push_back(slot_of(blocks, position));
    row_ends.push_back(row_ends.back() + static_cast<std::int32_t>(work.count));
    length_ends.push_back(length_ends.back() + static_cast<std::int32_t>(work.end()));
  }
  const auto there = [&](const auto& numbers) { return at::tensor(numbers).to(device); };
  made.positions = there(positions);
  made.slots = there(slots);
  if (made.single > 0) {
    std::vector<std::int32_t> table(static_cast<std::size_t>(made.single) * widest);
    for (std::size_t row = 0; row < static_cast<std::size_t>(made.single); ++row)
      std::ranges::copy(schedule.blocks_of(plan[row].sequence),
                        table.begin() + static_cast<std::ptrdiff_t>(row * widest));
    made.lengths = there(lengths);
    made.blocks = there(table).view({made.single, -1});
  }
  if (!made.pieces.empty()) {
    made.piece_slots = there(piece_slots);
    made.row_ends = there(row_ends);
    made.length_ends = there(length_ends);
  }
  return made;
}

} // namespace timeloom
