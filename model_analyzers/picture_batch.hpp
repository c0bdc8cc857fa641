/// Pictures as a network takes them: one tensor on its device, in its size and values.
#pragma once

#include "analyzers/sampled_analyzer.hpp"
#include "model_cache/manifest.hpp"
#include "models/libtorch.hpp"

#include <ATen/core/Tensor.h>
#include <span>

namespace timeloom {

enum class picture_fit : std::uint8_t {
  letterbox, ///< scaled evenly and padded in grey (114): shapes stay true
  stretch,   ///< each side scaled on its own
};

struct network_input {
  picture_size size;
  picture_fit fit = picture_fit::letterbox;
  model_normalisation values;
};

/// (N, 3, height, width) of `dtype` on the scope's device, in red, green, blue, from pictures in bgr24 of any sizes.
/// They go up from pinned memory and are scaled on the device. Throws what libtorch throws.
at::Tensor picture_batch(std::span<const sampled_frame> frames, const network_input& wanted, compute_scope& scope,
                         at::ScalarType dtype);

} // namespace timeloom
