/// InternVL3 as a model worker asks it about pictures.
#pragma once

#include "analyzers/picture_describer.hpp"
#include "model_cache/manifest.hpp"
#include "model_cache/model_cache.hpp"

#include <c10/core/Device.h>
#include <cstdint>
#include <memory>

namespace timeloom {

struct scene_caption_limits {
  std::int64_t budget_bytes = 0; ///< of a GPU's memory, for weights, keys and values, and what is computed in
  int max_batch_size = 1;        ///< questions computed together
};

/// Loads nothing yet. Its memory is one reservation of `cache`, which must outlive it: the engine moves its weights and
/// keys by itself, and stays until the process ends.
std::unique_ptr<picture_describer> make_scene_caption(model_cache& cache, const model_entry& entry, c10::Device device,
                                                      const scene_caption_limits& limits);

} // namespace timeloom
