/// What the decoder computes at once: rows of tokens of several sequences, and where their keys and values lie.
#pragma once

#include <ATen/core/Tensor.h>
#include <cstdint>
#include <vector>

namespace timeloom {

/// The keys and values of all positions, of each layer: (slots, key_value_heads, head_size). A block of the
/// `kv_block_pool` is `block_tokens` successive slots.
///
/// Paged: any block serves any sequence, so nothing lies idle between sequences of different lengths, and sequences
/// share the blocks of a common beginning. Its price is that plain operators must gather a sequence's slots before each
/// attention, which reads and writes them once more; for pieces of prompts that is little beside the arithmetic, and
/// for single tokens, where it would be two thirds of the time, the kernel of decoder_kernels.hpp follows the blocks.
struct kv_area {
  static constexpr std::int64_t block_tokens = 16; // as decoder_kernels.cu has it

  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
};

/// The rows of a step, one for each token: first `single` rows of one sequence each, then those of the `pieces`, one
/// piece after another. All tensors are on the device.
struct token_batch {
  /// `rows` successive tokens of a sequence, the last of `length` positions.
  struct piece {
    std::int64_t rows = 0;
    std::int64_t length = 0;
  };

  at::Tensor positions; // (rows), int64
  at::Tensor slots;     // (rows), int64: where the row's keys and values go

  std::int64_t single = 0;
  at::Tensor lengths; // (single), int32: positions, the row's own included
  at::Tensor blocks;  // (single, n), int32: where the positions lie

  std::vector<piece> pieces;
  at::Tensor piece_slots; // int64: where the positions of the pieces lie, one piece after another
  at::Tensor row_ends;    // (1 + pieces), int32: the sums of the pieces' rows, from 0
  at::Tensor length_ends; // (1 + pieces), int32: the sums of their lengths
};

} // namespace timeloom
