/// InternViT (arXiv:2312.14238), the vision model of InternVL3, and the projector to the language model.
///
/// Functions throw what libtorch throws; whoever owns the model catches it. The weights are read only: any thread may
/// compute.
#pragma once

#include "models/internvl3/internvl3_config.hpp"

#include <ATen/core/Tensor.h>
#include <vector>

namespace timeloom {

class checkpoint_weights;

class internvit {
public:
  /// Takes the tensors "vision.*" and "projector.*" from `weights`, which keeps what is wrong with them.
  static internvit load(checkpoint_weights& weights, const internvl3_config& config);

  /// (tiles, 1 + patches, hidden), the class token first, of normalised tiles (tiles, 3, image, image).
  at::Tensor features(const at::Tensor& tiles) const;

  /// (tiles, tokens_a_tile, the language model's hidden), of what `features` gave.
  at::Tensor project(const at::Tensor& features) const;

private:
  struct norm {
    at::Tensor weight;
    at::Tensor bias; // undefined for an RMS norm
  };
  struct layer {
    norm norm1;
    at::Tensor qkv_weight; // (3 * hidden, hidden)
    at::Tensor qkv_bias;   // may be undefined
    at::Tensor q_norm;     // may be undefined
    at::Tensor k_norm;
    at::Tensor out_weight;
    at::Tensor out_bias;
    at::Tensor scale1; // (hidden), LayerScale, arXiv:2103.17239
    norm norm2;
    at::Tensor up_weight; // (intermediate, hidden)
    at::Tensor up_bias;
    at::Tensor down_weight;
    at::Tensor down_bias;
    at::Tensor scale2;
  };

  at::Tensor normed(const norm& of, const at::Tensor& x) const;
  at::Tensor attend(const layer& of, const at::Tensor& x) const;

  internvit_config config_;
  std::int64_t shuffle_ = 2;
  at::Tensor class_;     // (1, 1, hidden)
  at::Tensor positions_; // (1, 1 + patches, hidden); may be undefined
  at::Tensor patch_weight_;
  at::Tensor patch_bias_;
  std::vector<layer> layers_;
  norm last_; // may be undefined
  norm projector_norm_;
  at::Tensor in_weight_;
  at::Tensor in_bias_;
  at::Tensor out_weight_;
  at::Tensor out_bias_;
};

} // namespace timeloom
