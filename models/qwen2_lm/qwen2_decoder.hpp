/// The decoder of Qwen2 (arXiv:2407.10671) for rows of tokens of any number of sequences, whose keys and values lie in
/// a common area. InternVL3 and Qwen2-VL differ in what they put into it and in the angles of the positions; both come
/// from outside.
///
/// Functions throw what libtorch throws; whoever owns the decoder catches it. The weights are read only: any thread may
/// compute, each with an area of its own.
#pragma once

#include "models/qwen2_lm/decoder_steps.hpp"
#include "models/qwen2_lm/qwen2_config.hpp"
#include "models/qwen2_lm/token_batch.hpp"

#include <ATen/core/Tensor.h>
#include <vector>

namespace timeloom {

class checkpoint_weights;

/// The angles of `positions`, (n), int64.
rotary_angles angles_of(const qwen2_config& config, const at::Tensor& positions);

class qwen2_decoder {
public:
  /// Takes the tensors "text.*" from `weights`, which keeps what is wrong with them.
  static qwen2_decoder load(checkpoint_weights& weights, const qwen2_config& config);

  const qwen2_config& config() const { return config_; }

  /// Room for so many positions, with zeros.
  kv_area new_area(std::int64_t slots) const;

  /// What a position takes in an area, of all layers.
  std::int64_t bytes_a_position() const;

  /// Whether single rows may stand in a batch as such (see decoder_steps.hpp).
  bool attends_to_single_rows() const;

  /// (n, hidden), of tokens (n), int64.
  at::Tensor embed(const at::Tensor& tokens) const;

  /// Passes `hidden`, (n, hidden), the inputs of the batch's rows, through the layers and the last norm, and puts their
  /// keys and values into the area. It is used up.
  at::Tensor forward(at::Tensor hidden, const rotary_angles& angles, const token_batch& batch, kv_area& area) const;

  /// (n, vocabulary), of what `forward` gave.
  at::Tensor logits(const at::Tensor& hidden) const;

private:
  struct layer {
    at::Tensor norm1;      // (hidden)
    at::Tensor qkv_weight; // ((heads + 2 * key_value_heads) * head_size, hidden)
    at::Tensor qkv_bias;
    at::Tensor out; // (hidden, heads * head_size)
    at::Tensor norm2;
    at::Tensor gate_up; // (2 * intermediate, hidden)
    at::Tensor down;    // (hidden, intermediate)
  };

  qwen2_config config_;
  at::Tensor embedding_; // (vocabulary, hidden)
  at::Tensor norm_;
  at::Tensor head_; // (vocabulary, hidden); may be the embedding
  std::vector<layer> layers_;
};

} // namespace timeloom
