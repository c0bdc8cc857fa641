/// The next token of several sequences at once, recorded once on a GPU and then repeated (see `recorded_work`). All its
/// buffers are made beforehand. For the thread that made it.
#pragma once

#include "models/libtorch.hpp"
#include "models/qwen2_lm/qwen2_decoder.hpp"
#include "models/qwen2_lm/token_schedule.hpp"
#include "models/tokenizer/token_id.hpp"

#include <ATen/core/Tensor.h>
#include <span>
#include <vector>

namespace timeloom {

class decode_step {
public:
  struct row {
    token_id token = 0; ///< the last one that is known
    std::int64_t position = 0;
    std::span<const block_id> blocks;
  };

  /// For up to `rows` sequences of up to `most_blocks` blocks. What pads a step writes into the block `spare`. Decoder
  /// and area must outlive it.
  decode_step(const qwen2_decoder& decoder, kv_area& area, std::int64_t rows, std::int64_t most_blocks, block_id spare,
              const decode_step* beside);

  /// The likeliest token after each of the rows, which are 1 to `rows`. Throws what libtorch throws.
  std::vector<token_id> run(std::span<const row> rows);

  /// The scores of the last run, (rows, vocabulary), until any step is run again.
  const at::Tensor& logits() const { return logits_; }

  std::int64_t rows() const { return numbers_.size(1); }

private:
  void compute();

  const qwen2_decoder* decoder_;
  kv_area* area_;
  block_id spare_;
  at::Tensor host_numbers_; // (3, rows), int64, pinned: tokens, positions, slots
  at::Tensor host_blocks_;  // (rows, most_blocks), int32, pinned
  at::Tensor numbers_;      // the same on the device
  at::Tensor blocks_;
  at::Tensor logits_;
  at::Tensor likeliest_; // (rows), int64
  std::optional<recorded_work> recorded_;
};

} // namespace timeloom
