#include "models/attention.hpp"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/full.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/softmax.h>
#include <cmath>
#include <limits>
#include <optional>
#include <torch/version.h>
#if TORCH_VERSION_MAJOR >= 2
#include <ATen/ops/scaled_dot_product_attention.h>
#endif

namespace timeloom {

namespace {

/// Minus infinity where a query must not look, (n * group, m): `group` times the same.
at::Tensor causal_mask(std::int64_t n, std::int64_t m, std::int64_t group, const at::TensorOptions& options) {
  const auto mask =
      at::full({n, m}, -std::numeric_limits<double>::infinity(), options.dtype(at::kFloat)).triu(m - n + 1);
  return mask.to(options.dtype()).repeat({group, 1});
}

#if TORCH_VERSION_MAJOR >= 2
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, const at::Tensor& mask) {
  return at::scaled_dot_product_attention(queries, keys, values,
                                          mask.defined() ? std::optional<at::Tensor>{mask} : std::nullopt);
}

/// Each head as often as it has queries' heads.
at::Tensor repeated(const at::Tensor& heads, std::int64_t group) {
  if (group == 1)
    return heads;
  return heads.unsqueeze(2).expand({-1, -1, group, -1, -1}).flatten(1, 2);
}
#else
/// One of the batch at a time: the scores of all would not fit where there are many tiles.
at::Tensor attend(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, const at::Tensor& mask) {
  auto made = at::empty_like(queries);
  const double scale = 1 / std::sqrt(static_cast<double>(queries.size(-1)));
  for (std::int64_t i = 0; i < queries.size(0); ++i) {
    auto scores = at::matmul(queries[i], keys[i].transpose(-1, -2)).mul_(scale);
    if (mask.defined())
      scores.add_(mask);
    made[i].copy_(at::matmul(at::softmax(scores, -1, at::kFloat).to(values.scalar_type()), values[i]));
  }
  return made;
}
#endif

} // namespace

void use_no_cudnn_attention() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 5)
  at::globalContext().setSDPUseCuDNN(false);
#endif
}

at::Tensor attention(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& values, bool causal) {
  const auto batch = queries.size(0);
  const auto heads = queries.size(1);
  const auto n = queries.size(2);
  const auto m = keys.size(2);
  const auto group = heads / keys.size(1);
  const bool masked = causal && n > 1;
#if TORCH_VERSION_MAJOR >= 2
  if (masked && n == m) // which has kernels of its own
    return at::scaled_dot_product_attention(queries, repeated(keys, group), repeated(values, group), {}, 0.0, true);
#endif
  // The query heads that share a key head become rows of one, so that keys and values are read once.
  const auto folded = queries.reshape({batch, heads / group, group * n, -1});
  const auto mask = masked ? causal_mask(n, m, group, queries.options()) : at::Tensor{};
  return attend(folded, keys, values, mask).reshape({batch, heads, n, -1});
}

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, double epsilon) {
  const auto exact = x.to(at::kFloat);
  const auto scale = at::rsqrt(exact.square().mean(-1, true).add_(epsilon));
  return (exact * scale).to(x.scalar_type()) * weight;
}

} // namespace timeloom
