/// The weights of an InternVL3 (arXiv:2504.10479) on a device, as its two networks. Any thread may compute while they
/// are there.
#pragma once

#include "core/error.hpp"
#include "models/internvl3/internvit.hpp"
#include "models/internvl3/internvl3_config.hpp"
#include "models/qwen2_lm/qwen2_decoder.hpp"
#include "models/tokenizer/token_id.hpp"
#include "models/weight_arena.hpp"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <optional>
#include <span>
#include <string>

namespace timeloom {

struct internvl3_network {
  internvl3_config config;
  c10::Device device;
  c10::ScalarType dtype;
  internvit vision;
  qwen2_decoder text;
  weight_arena weights; ///< where those of both are

  /// Loads the checkpoint in `folder` (config.json and safetensors, of either layout) onto `device`, as `dtype`:
  /// at::kFloat, at::kHalf or at::kBFloat16. `image_token` is the id of <IMG_CONTEXT>, needed where the configuration
  /// does not say it. Fails with what is missing or does not fit, `errc::exhausted` when memory runs out.
  static expected<internvl3_network> load(const std::string& folder, c10::Device device, c10::ScalarType dtype,
                                          std::optional<token_id> image_token);

  /// Fails with `errc::invalid_argument` when the prompt has a token that is none, is empty, does not fit the model
  /// together with `more` tokens, or has another number of image tokens than `tiles` make.
  expected<void> check(std::span<const token_id> prompt, std::int64_t tiles, std::int64_t more) const;
};

} // namespace timeloom
