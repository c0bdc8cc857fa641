/// What a layer of the decoder does between its matrix products. Each is one kernel on a GPU where the kernels were
/// built (decoder_kernels.hpp), and plain operators elsewhere. Throws what libtorch throws.
#pragma once

#include "models/qwen2_lm/token_batch.hpp"

#include <ATen/core/Tensor.h>

namespace timeloom {

/// Cosines and sines of the angles by which queries and keys are turned, (n, head_size / 2), float32.
struct rotary_angles {
  at::Tensor cosines;
  at::Tensor sines;
};

/// Whether single rows of a batch can be attended to: by the kernel, for heads that it knows. Else they must come as
/// pieces of one row.
bool attends_to_single_rows(const at::Tensor& like, std::int64_t heads, std::int64_t key_value_heads,
                            std::int64_t head_size);

/// Adds `more`, (n, width), to `sum`, and gives the RMS norm of the result.
at::Tensor add_and_norm(at::Tensor& sum, const at::Tensor& more, const at::Tensor& weight, double epsilon);

/// silu(gate) * up of (n, gate and up), (n, width each).
at::Tensor gated(const at::Tensor& gate_up);

/// Of the queries, keys and values `all`, (n, heads + 2 * key_value_heads, head_size): puts the keys, turned, and the
/// values into their slots, and gives the queries, turned, (n, heads, head_size). Turning pairs the halves of a head
/// (arXiv:2104.09864, in the order of GPT-NeoX).
at::Tensor turn_and_keep(const at::Tensor& all, const rotary_angles& angles, const at::Tensor& slots, at::Tensor& keys,
                         at::Tensor& values);

/// What each row's `queries`, (n, heads, head_size), see of its own sequence's positions up to its own: (n, heads *
/// head_size). `keys` and `values` are those of a layer of the area.
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values,
                  const token_batch& batch);

} // namespace timeloom
