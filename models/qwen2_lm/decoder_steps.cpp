#include "models/qwen2_lm/decoder_steps.hpp"

#include "models/attention.hpp"
#include "models/qwen2_lm/decoder_kernels.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/silu.h>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 11)
#define TIMELOOM_FLASH
#include <ATen/ops/_flash_attention_forward.h>
#endif

namespace timeloom {

namespace {

at::Tensor turned(const at::Tensor& x, const rotary_angles& angles) {
  const auto halves = x.to(at::kFloat).chunk(2, -1);
  const auto cosines = angles.cosines.unsqueeze(1);
  const auto sines = angles.sines.unsqueeze(1);
  return at::cat({halves[0] * cosines - halves[1] * sines, halves[1] * cosines + halves[0] * sines}, -1)
      .to(x.scalar_type());
}

/// The rows of the pieces, which are the last of `queries`, into the last of `made`.
void attend_to_pieces(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                      const token_batch& batch, at::Tensor& made) {
#ifdef TIMELOOM_FLASH
  if (queries.is_cuda() && queries.scalar_type() != at::kFloat) {
    std::int64_t most_rows = 0, longest = 0;
    for (const auto& one : batch.pieces) {
      most_rows = std::max(most_rows, one.rows);
      longest = std::max(longest, one.length);
    }
    made.copy_(std::get<0>(at::_flash_attention_forward(
        queries, keys.index_select(0, batch.piece_slots), values.index_select(0, batch.piece_slots), batch.row_ends,
        batch.length_ends, most_rows, longest, 0.0, /*is_causal=*/true, /*return_debug_mask=*/false)));
    return;
  }
#endif
  std::int64_t row = 0, position = 0;
  for (const auto& one : batch.pieces) {
    const auto slots = batch.piece_slots.narrow(0, position, one.length);
    const auto heads_first = [](const at::Tensor& x) { return x.transpose(0, 1).unsqueeze(0); };
    const auto seen = attention(heads_first(queries.narrow(0, row, one.rows)), heads_first(keys.index_select(0, slots)),
                                heads_first(values.index_select(0, slots)), true);
    made.narrow(0, row, one.rows).copy_(seen[0].transpose(0, 1));
    row += one.rows;
    position += one.length;
  }
}

} // namespace

bool attends_to_single_rows(const at::Tensor& like, std::int64_t heads, std::int64_t key_value_heads,
                            std::int64_t head_size) {
  return decoder_kernels::attends(like, heads / key_value_heads, head_size);
}

at::Tensor add_and_norm(at::Tensor& sum, const at::Tensor& more, const at::Tensor& weight, double epsilon) {
  if (decoder_kernels::computes(sum))
    return decoder_kernels::add_and_norm(sum, more, weight, epsilon);
  sum = sum + more;
  return rms_norm(sum, weight, epsilon);
}

at::Tensor gated(const at::Tensor& gate_up) {
  if (decoder_kernels::computes(gate_up))
    return decoder_kernels::gated(gate_up);
  const auto both = gate_up.chunk(2, -1);
  return at::silu(both[0]) * both[1];
}

at::Tensor turn_and_keep(const at::Tensor& all, const rotary_angles& angles, const at::Tensor& slots, at::Tensor& keys,
                         at::Tensor& values) {
  const auto each = keys.size(1);
  const auto heads = all.size(1) - 2 * each;
  if (decoder_kernels::computes(all))
    return decoder_kernels::turn_and_keep(all, angles.cosines, angles.sines, slots, keys, values);
  keys.index_copy_(0, slots, turned(all.narrow(1, heads, each), angles));
  values.index_copy_(0, slots, all.narrow(1, heads + each, each));
  return turned(all.narrow(1, 0, heads), angles);
}

at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const token_batch& batch) {
  auto made = at::empty_like(queries);
  const auto rows = queries.size(0);
  if (batch.single > 0) {
    auto first = made.narrow(0, 0, batch.single);
    decoder_kernels::attend_to_single(queries.narrow(0, 0, batch.single), keys, values, batch.lengths, batch.blocks,
                                      first);
  }
  if (!batch.pieces.empty()) {
    auto last = made.narrow(0, batch.single, rows - batch.single);
    attend_to_pieces(queries.narrow(0, batch.single, rows - batch.single), keys, values, batch, last);
  }
  return made.view({rows, -1});
}

} // namespace timeloom
