#include "models/qwen2_lm/qwen2_decoder.hpp"

#include "models/attention.hpp"
#include "models/checkpoint_weights.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>

namespace timeloom {

rotary_angles angles_of(const qwen2_config& config, const at::Tensor& positions) {
  const auto options = at::TensorOptions{at::kFloat}.device(positions.device());
  const auto size = static_cast<double>(config.head_size);
  const auto turns = at::pow(config.rope.theta, at::arange(0, config.head_size, 2, options) / size).reciprocal();
  const auto angles = at::outer(positions.to(at::kFloat), turns / config.rope.position_divisor);
  return {at::cos(angles), at::sin(angles)};
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

kv_area qwen2_decoder::new_area(std::int64_t slots) const {
  kv_area made;
  for (std::int64_t i = 0; i < config_.layers; ++i)
    for (auto* const of : {&made.keys, &made.values})
      of->push_back(at::zeros({slots, config_.key_value_heads, config_.head_size}, embedding_.options()));
  return made;
}

std::int64_t qwen2_decoder::bytes_a_position() const {
  return config_.layers * 2 * config_.key_value_heads * config_.head_size *
         static_cast<std::int64_t>(embedding_.element_size());
}

bool qwen2_decoder::attends_to_single_rows() const {
  return timeloom::attends_to_single_rows(embedding_, config_.heads, config_.key_value_heads, config_.head_size);
}

at::Tensor qwen2_decoder::embed(const at::Tensor& tokens) const {
  return at::embedding(embedding_, tokens);
}

at::Tensor qwen2_decoder::forward(at::Tensor hidden, const rotary_angles& angles, const token_batch& batch,
                                  kv_area& area) const {
  const auto rows = hidden.size(0);
  auto normal = rms_norm(hidden, layers_.front().norm1, config_.norm_epsilon);
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const auto& one = layers_[i];
    const auto all = at::linear(normal, one.qkv_weight, one.qkv_bias).view({rows, -1, config_.head_size});
    const auto queries = turn_and_keep(all, angles, batch.slots, area.keys[i], area.values[i]);
    const auto seen = at::linear(attend(queries, area.keys[i], area.values[i], batch), one.out);
    normal = add_and_norm(hidden, seen, one.norm2, config_.norm_epsilon);
    const auto wide = at::linear(gated(at::linear(normal, one.gate_up)), one.down);
    const auto& next = i + 1 < layers_.size() ? layers_[i + 1].norm1 : norm_;
    normal = add_and_norm(hidden, wide, next, config_.norm_epsilon);
  }
  return normal;
}

at::Tensor qwen2_decoder::logits(const at::Tensor& hidden) const {
  return at::linear(hidden, head_);
}

} // namespace timeloom
