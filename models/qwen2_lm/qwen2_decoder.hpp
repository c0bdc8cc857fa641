/// The decoder of Qwen2 (arXiv:2407.10671), plain: one sequence, whose keys and values lie together in a cache.
/// InternVL3 and Qwen2-VL differ in what they put into it and in the angles of the positions; both come from outside.
///
/// Functions throw what libtorch throws; whoever owns the decoder catches it. The weights are read only: any thread may
/// compute, each with a cache of its own.
#pragma once

#include "models/qwen2_lm/qwen2_config.hpp"

#include <ATen/core/Tensor.h>
#include <vector>

namespace timeloom {

class checkpoint_weights;

/// The keys and values of the positions so far, of each layer: (key_value_heads, capacity, head_size).
struct kv_cache {
  std::vector<at::Tensor> keys;
  std::vector<at::Tensor> values;
  std::int64_t length = 0; ///< positions that are filled

  std::int64_t capacity() const { return keys.front().size(1); }
};

/// Cosines and sines of the angles by which queries and keys are turned, (n, head_size), of the network's dtype. The
/// second half of the columns repeats the first (arXiv:2104.09864, in the order of GPT-NeoX).
struct rotary_angles {
  at::Tensor cosines;
  at::Tensor sines;
};

/// The angles of `positions`, (n), int64.
rotary_angles angles_of(const qwen2_config& config, const at::Tensor& positions, at::ScalarType dtype);

class qwen2_decoder {
public:
  /// Takes the tensors "text.*" from `weights`, which keeps what is wrong with them.
  static qwen2_decoder load(checkpoint_weights& weights, const qwen2_config& config);

  const qwen2_config& config() const { return config_; }

  kv_cache new_cache(std::int64_t capacity) const;

  /// (n, hidden), of tokens (n), int64.
  at::Tensor embed(const at::Tensor& tokens) const;

  /// Passes `hidden`, (n, hidden), the inputs of the n positions after those in the cache, through the layers and the
  /// last norm, and puts their keys and values into the cache, which must have room.
  at::Tensor forward(at::Tensor hidden, const rotary_angles& angles, kv_cache& cache) const;

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

  at::Tensor attend(const layer& of, std::size_t number, const at::Tensor& hidden, const rotary_angles& angles,
                    kv_cache& cache) const;

  qwen2_config config_;
  at::Tensor embedding_; // (vocabulary, hidden)
  at::Tensor norm_;
  at::Tensor head_; // (vocabulary, hidden); may be the embedding
  std::vector<layer> layers_;
};

} // namespace timeloom
