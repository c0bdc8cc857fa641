#include "models/internvl3/internvit.hpp"

#include "models/attention.hpp"
#include "models/checkpoint_weights.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/addcmul.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>

namespace timeloom {

namespace {

constexpr double qk_norm_epsilon = 1e-6;
constexpr double projector_norm_epsilon = 1e-5;

/// Squares of `factor` by `factor` patches become one, with their channels one after another; `x` is
/// (tiles, side, side, channels).
at::Tensor shuffled(const at::Tensor& x, std::int64_t factor) {
  const auto tiles = x.size(0);
  const auto side = x.size(1);
  const auto less = side / factor;
  const auto across = x.reshape({tiles, side, less, -1}).permute({0, 2, 1, 3});
  return across.reshape({tiles, less, less, -1}).permute({0, 2, 1, 3});
}

} // namespace

internvit internvit::load(checkpoint_weights& weights, const internvl3_config& whole) {
  const auto& config = whole.vision;
  const auto hidden = config.hidden;
  const auto patches = config.patches_a_side() * config.patches_a_side();
  const auto take_norm = [&](const std::string& name) {
    norm made{weights.take(name + ".weight", {hidden}), {}};
    if (config.norm_kind == internvit_config::norm::layer)
      made.bias = weights.take(name + ".bias", {hidden});
    return made;
  };
  internvit made;
  made.config_ = config;
  made.shuffle_ = whole.shuffle;
  made.class_ = weights.take("vision.class", {1, 1, hidden});
  if (config.position_embeddings)
    made.positions_ = weights.take("vision.positions", {1, 1 + patches, hidden});
  made.patch_weight_ = weights.take("vision.patches.weight", {hidden, config.channels, config.patch, config.patch});
  made.patch_bias_ = weights.take("vision.patches.bias", {hidden});
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const auto name = [&](std::string_view part) { return fmt::format("vision.{}.{}", i, part); };
    layer one;
    one.norm1 = take_norm(name("norm1"));
    one.qkv_weight = weights.take(name("qkv.weight"), {3 * hidden, hidden}, {hidden, hidden, hidden});
    if (config.qkv_bias)
      one.qkv_bias = weights.take(name("qkv.bias"), {3 * hidden}, {hidden, hidden, hidden});
    if (config.qk_norm) {
      one.q_norm = weights.take(name("q_norm.weight"), {hidden});
      one.k_norm = weights.take(name("k_norm.weight"), {hidden});
    }
    one.out_weight = weights.take(name("out.weight"), {hidden, hidden});
    one.out_bias = weights.take(name("out.bias"), {hidden});
    one.scale1 = weights.take(name("scale1"), {hidden});
    one.norm2 = take_norm(name("norm2"));
    one.up_weight = weights.take(name("up.weight"), {config.intermediate, hidden});
    one.up_bias = weights.take(name("up.bias"), {config.intermediate});
    one.down_weight = weights.take(name("down.weight"), {hidden, config.intermediate});
    one.down_bias = weights.take(name("down.bias"), {hidden});
    one.scale2 = weights.take(name("scale2"), {hidden});
    made.layers_.push_back(std::move(one));
  }
  if (config.final_norm)
    made.last_ = {weights.take("vision.norm.weight", {hidden}), weights.take("vision.norm.bias", {hidden})};
  const auto wide = hidden * whole.shuffle * whole.shuffle;
  const auto text = whole.text.hidden;
  made.projector_norm_ = {weights.take("projector.norm.weight", {wide}), weights.take("projector.norm.bias", {wide})};
  made.in_weight_ = weights.take("projector.in.weight", {text, wide});
  made.in_bias_ = weights.take("projector.in.bias", {text});
  made.out_weight_ = weights.take("projector.out.weight", {text, text});
  made.out_bias_ = weights.take("projector.out.bias", {text});
  return made;
}

at::Tensor internvit::normed(const norm& of, const at::Tensor& x) const {
  if (of.bias.defined())
    return at::layer_norm(x, {x.size(-1)}, of.weight, of.bias, config_.norm_epsilon);
  return rms_norm(x, of.weight, config_.norm_epsilon);
}

at::Tensor internvit::attend(const layer& of, const at::Tensor& x) const {
  const auto tiles = x.size(0);
  const auto n = x.size(1);
  auto parts = at::linear(x, of.qkv_weight, of.qkv_bias).chunk(3, -1);
  if (of.q_norm.defined()) {
    parts[0] = rms_norm(parts[0], of.q_norm, qk_norm_epsilon);
    parts[1] = rms_norm(parts[1], of.k_norm, qk_norm_epsilon);
  }
  for (auto& part : parts) // (tiles, heads, n, size)
    part = part.reshape({tiles, n, config_.heads, -1}).transpose(1, 2);
  const auto seen = attention(parts[0], parts[1], parts[2], false);
  return at::linear(seen.transpose(1, 2).reshape({tiles, n, -1}), of.out_weight, of.out_bias);
}

at::Tensor internvit::features(const at::Tensor& tiles) const {
  // A convolution whose steps are as wide as its kernel is a matrix product of the patches.
  const auto side = config_.patches_a_side();
  const auto squares = tiles.reshape({tiles.size(0), config_.channels, side, config_.patch, side, config_.patch})
                           .permute({0, 2, 4, 1, 3, 5})
                           .reshape({tiles.size(0), side * side, -1});
  const auto patches = at::linear(squares, patch_weight_.flatten(1), patch_bias_);
  auto x = at::cat({class_.expand({tiles.size(0), -1, -1}), patches}, 1);
  if (positions_.defined())
    x = x + positions_;
  for (const auto& one : layers_) {
    x = at::addcmul(x, attend(one, normed(one.norm1, x)), one.scale1);
    const auto wide = at::gelu(at::linear(normed(one.norm2, x), one.up_weight, one.up_bias));
    x = at::addcmul(x, at::linear(wide, one.down_weight, one.down_bias), one.scale2);
  }
  return last_.weight.defined() ? normed(last_, x) : x;
}

at::Tensor internvit::project(const at::Tensor& features) const {
  const auto tiles = features.size(0);
  const auto side = config_.patches_a_side();
  const auto patches = features.narrow(1, 1, side * side).reshape({tiles, side, side, -1});
  const auto x = shuffled(patches, shuffle_).reshape({tiles, -1, config_.hidden * shuffle_ * shuffle_});
  const auto normal =
      at::layer_norm(x, {x.size(-1)}, projector_norm_.weight, projector_norm_.bias, projector_norm_epsilon);
  return at::linear(at::gelu(at::linear(normal, in_weight_, in_bias_)), out_weight_, out_bias_);
}

} // namespace timeloom
