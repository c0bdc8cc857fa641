/// InternVL3 (arXiv:2504.10479) on libtorch, plain: one request at a time, greedy. One owner; any thread may call.
#pragma once

#include "core/error.hpp"
#include "models/internvl3/internvl3_config.hpp"
#include "models/tokenizer/token_id.hpp"

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace at {
class Tensor;
}

namespace timeloom {

class internvl3_model {
public:
  /// Loads the checkpoint in `folder` (config.json and safetensors, of either layout) onto `device`, as `dtype`:
  /// at::kFloat, at::kHalf or at::kBFloat16. `image_token` is the id of <IMG_CONTEXT>, needed where the configuration
  /// does not say it. Fails with what is missing or does not fit, `errc::exhausted` when memory runs out.
  static expected<internvl3_model> load(const std::string& folder, c10::Device device, c10::ScalarType dtype,
                                        std::optional<token_id> image_token = {});

  internvl3_model(internvl3_model&&) noexcept;
  internvl3_model& operator=(internvl3_model&&) noexcept;
  ~internvl3_model();

  const internvl3_config& config() const;

  /// (tiles, 1 + patches, vision hidden), of normalised tiles (tiles, 3, image, image) on any device.
  expected<at::Tensor> vision_features(const at::Tensor& tiles) const;

  /// (tiles, tokens_a_tile, text hidden), of the same tiles.
  expected<at::Tensor> projected(const at::Tensor& tiles) const;

  /// (tokens, vocabulary), float32: what may follow each token. `tiles` are those of all pictures of the prompt in
  /// their order, or an undefined tensor. Fails with `errc::invalid_argument` when the prompt has another number of
  /// image tokens than the tiles make, or a token that is none, or is too long.
  expected<at::Tensor> logits(std::span<const token_id> prompt, const at::Tensor& tiles) const;

  /// The likeliest tokens after the prompt, up to one of `stop`, which is not among them, or `most` tokens. Fails as
  /// `logits`.
  expected<std::vector<token_id>> generate(std::span<const token_id> prompt, const at::Tensor& tiles, std::int64_t most,
                                           std::span<const token_id> stop) const;

private:
  struct state;
  explicit internvl3_model(std::unique_ptr<const state> made);

  std::unique_ptr<const state> state_;
};

} // namespace timeloom
