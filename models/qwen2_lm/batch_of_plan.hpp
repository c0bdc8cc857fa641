/// The plan of a step as the tensors that the decoder needs for it.
#pragma once

#include "models/qwen2_lm/token_batch.hpp"
#include "models/qwen2_lm/token_schedule.hpp"

#include <c10/core/Device.h>
#include <span>

namespace timeloom {

/// Where a position of a sequence with these blocks lies.
inline std::int64_t slot_of(std::span<const block_id> blocks, std::int64_t position) {
  return blocks[static_cast<std::size_t>(position / kv_area::block_tokens)] * kv_area::block_tokens +
         position % kv_area::block_tokens;
}

/// The rows of `plan` in its order, on `device`. With `single_rows`, works of one token that stand first become single
/// rows, else all are pieces.
token_batch batch_of_plan(const token_schedule& schedule, std::span<const planned_tokens> plan, bool single_rows,
                          c10::Device device);

} // namespace timeloom
