/// Attention and the norms that the networks share. Throws what libtorch throws.
#pragma once

#include <ATen/core/Tensor.h>

namespace timeloom {

/// softmax(Q Kᵀ / sqrt(size)) V (Vaswani et al. 2017, arXiv:1706.03762).
///
/// `queries` are (batch, heads, n, size), `keys` and `values` (batch, key_value_heads, m, size), where each key and
/// value head serves heads / key_value_heads query heads in turn (arXiv:2305.13245). With `causal` the queries are
/// those of the last n positions, and each sees the positions up to its own. Gives (batch, heads, n, size). Where
/// libtorch has scaled_dot_product_attention (2.0 and later), it is used.
at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, bool causal);

/// From now on libtorch attends on a GPU without cuDNN, in the whole process. cuDNN plans each shape anew, which takes
/// 1 s for the first and 0.07 s for each other number of tiles on an H200, to be a sixth faster afterwards.
void use_no_cudnn_attention();

/// x / sqrt(mean(x²) + epsilon) * weight over the last dimension, computed in float32 (arXiv:1910.07467).
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon);

} // namespace timeloom
