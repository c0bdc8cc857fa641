/// Pictures as a network takes them: one tensor on its device, in its size and values.
#pragma once

#include "analyzers/sampled_analyzer.hpp"
#include "model_cache/manifest.hpp"

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
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

/// (N, 3, height, width) of `dtype` on `device`, in red, green, blue, from pictures in bgr24 of any sizes. They go up
/// from pinned memory and are scaled on the device. Throws what libtorch throws.
at::Tensor picture_batch(std::span<const sampled_frame> frames, const network_input& wanted, c10::Device device,
                         at::ScalarType dtype);

} // namespace timeloom
