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
  std::int64_t tile_bytes = std::int64_t{1} << 30; ///< of the host's memory, for tiles of pictures asked about before
  bool logs_answers = false;                       ///< what each took, on standard error
};

/// Loads nothing yet. The model is one of `cache`, which must outlive what is made: leased while questions are asked,
/// and to be evicted between them. While another request waits for memory, new questions wait until those under way are
/// answered and it had its turn. Fails with `errc::invalid_argument` when the cache has a model of that id.
expected<std::unique_ptr<picture_describer>> make_scene_caption(model_cache& cache, const model_entry& entry,
                                                                c10::Device device, const scene_caption_limits& limits);

} // namespace timeloom
