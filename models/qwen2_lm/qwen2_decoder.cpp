#include "models/qwen2_lm/qwen2_decoder.hpp"

#include "models/attention.hpp"
#include "models/checkpoint_weights.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/sin.h>

namespace timeloom {

namespace {

/// `x` is (heads, n, head_size).
at::Tensor turned(const at::Tensor& x, const rotary_angles& angles) {
  const auto halves = x.chunk(2, -1);
  return x * angles.cosines + at::cat({-halves[1], halves[0]}, -1) * angles.sines;
}

} // namespace

rotary_angles angles_of(const qwen2_config& config, const at::Tensor& positions, at::ScalarType dtype) {
  const auto options = at::TensorOptions{at::kFloat}.device(positions.device());
  const auto size = static_cast<double>(config.head_size);
  const auto turns = at::pow(config.rope.theta, at::arange(0, config.head_size, 2, options) / size).reciprocal();
  const auto half = at::outer(positions.to(at::kFloat), turns / config.rope.position_divisor);
  const auto angles = at::cat({half, half}, -1);
  return {at::cos(angles).to(dtype), at::sin(angles).to(dtype)};
}

qwen2_decoder qwen2_decoder::load(checkpoint_weights& weights, const qwen2_config& config) {
  const auto queries = config.heads * config.head_size;
  const auto keys = config.key_value_heads * config.head_size;
  const auto together = queries + 2 * keys;
  qwen2_decoder made;
  made.config_ = config;
  made.embedding_ = weights.take("text.embedding", {config.vocabulary, config.hidden});
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto name = [&](std::string_view part) { return fmt::format("text.{}.{}", i, part); };
    layer one;
    one.norm1 = weights.take(name("norm1"), {config.hidden});
    one.qkv_weight = weights.take(name("qkv.weight"), {together, config.hidden}, {queries, keys, keys});
    one.qkv_bias = weights.take(name("qkv.bias"), {together}, {queries, keys, keys});
    one.out = weights.take(name("out.weight"), {config.hidden, queries});
    one.norm2 = weights.take(name("norm2"), {config.hidden});
    one.gate_up = weights.take(name("gate_up.weight"), {2 * config.intermediate, config.hidden},
                               {config.intermediate, config.intermediate});
    one.down = weights.take(name("down.weight"), {config.hidden, config.intermediate});
    made.layers_.push_back(std::move(one));
  }
  made.norm_ = weights.take("text.norm", {config.hidden});
  // A tied head is left out of the file, or stands in it as a copy.
  const bool tied = config.tied_head.value_or(true) && !weights.has("text.head");
  made.head_ = tied ? made.embedding_ : weights.take("text.head", {config.vocabulary, config.hidden});
  return made;
}

kv_cache qwen2_decoder::new_cache(std::int64_t capacity) const {
  kv_cache made;
  for (std::int64_t i = 0; i < config_.layers; ++i) {
    made.keys.push_back(at::empty({config_.key_value_heads, capacity, config_.head_size}, embedding_.options()));
    made.values.push_back(at::empty_like(made.keys.back()));
  }
  return made;
}

at::Tensor qwen2_decoder::embed(const at::Tensor& tokens) const {
  return at::embedding(embedding_, tokens);
}

at::Tensor qwen2_decoder::attend(const layer& of, std::size_t number, const at::Tensor& hidden,
                                 const rotary_angles& angles, kv_cache& cache) const {
  const auto n = hidden.size(0);
  const auto all = at::linear(hidden, of.qkv_weight, of.qkv_bias).view({n, -1, config_.head_size}).transpose(0, 1);
  const auto parts = all.split_with_sizes({config_.heads, config_.key_value_heads, config_.key_value_heads}, 0);
  const auto length = cache.length + n;
  cache.keys[number].narrow(1, cache.length, n).copy_(turned(parts[1], angles));
  cache.values[number].narrow(1, cache.length, n).copy_(parts[2]);
  const auto seen =
      attention(turned(parts[0], angles).unsqueeze(0), cache.keys[number].narrow(1, 0, length).unsqueeze(0),
                cache.values[number].narrow(1, 0, length).unsqueeze(0), true);
  return at::linear(seen[0].transpose(0, 1).reshape({n, -1}), of.out);
}

at::Tensor qwen2_decoder::forward(at::Tensor hidden, const rotary_angles& angles, kv_cache& cache) const {
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& one = layers_[i];
    hidden = hidden + attend(one, i, rms_norm(hidden, one.norm1, config_.norm_epsilon), angles, cache);
    const auto both = at::linear(rms_norm(hidden, one.norm2, config_.norm_epsilon), one.gate_up).chunk(2, -1);
    hidden = hidden + at::linear(at::silu(both[0]) * both[1], one.down);
  }
  cache.length += hidden.size(0);
  return rms_norm(hidden, norm_, config_.norm_epsilon);
}

at::Tensor qwen2_decoder::logits(const at::Tensor& hidden) const {
  return at::linear(hidden, head_);
}

} // namespace timeloom
