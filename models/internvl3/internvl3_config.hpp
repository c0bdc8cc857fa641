/// The shape of an InternVL3 model, from the `config.json` of either layout: the one of transformers
/// (InternVLForConditionalGeneration, "-hf") or the original one of OpenGVLab (InternVLChatModel).
#pragma once

#include "core/error.hpp"
#include "models/qwen2_lm/qwen2_config.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace timeloom {

enum class checkpoint_layout : std::uint8_t { transformers, original };

/// An InternViT.
struct internvit_config {
  enum class norm : std::uint8_t { layer, rms };

  std::int64_t image = 448; ///< the side of a tile, in samples: a multiple of `patch`
  std::int64_t patch = 14;
  std::int64_t channels = 3;
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0; ///< divides `hidden`
  norm norm_kind = norm::layer;
  double norm_epsilon = 1e-6;
  bool qkv_bias = true;
  bool qk_norm = false;
  bool position_embeddings = true;
  bool final_norm = false;

  std::int64_t patches_a_side() const { return image / patch; }
};

struct internvl3_config {
  checkpoint_layout layout = checkpoint_layout::transformers;
  internvit_config vision;
  qwen2_config text;
  std::int64_t shuffle = 2; ///< so many patches a side become one token (1 / downsample_ratio)
  int least_tiles = 1;      ///< of the original layout; transformers' keeps its own with the preprocessor
  int most_tiles = 12;
  bool thumbnail = true;
  std::optional<std::int64_t> image_token; ///< the id of <IMG_CONTEXT>; the original layout does not say

  std::int64_t tokens_a_tile() const {
    const auto side = vision.patches_a_side() / shuffle;
    return side * side;
  }
};

/// Reads FOLDER/config.json. Fails with `errc::not_found`, `errc::io`, `errc::corrupt_media` (no JSON) or
/// `errc::invalid_config`; the message names the field, its value and what was expected.
expected<internvl3_config> read_internvl3_config(const std::string& folder);

} // namespace timeloom
