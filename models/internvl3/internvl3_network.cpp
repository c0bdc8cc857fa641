#include "models/internvl3/internvl3_network.hpp"

#include "models/attention.hpp"
#include "models/checkpoint_weights.hpp"
#include "models/internvl3/tensor_names.hpp"

#include <algorithm>

namespace timeloom {

expected<internvl3_network> internvl3_network::load(const std::string& folder, c10::Device device,
                                                    c10::ScalarType dtype, std::optional<token_id> image_token) {
  use_no_cudnn_attention();
  auto config = read_internvl3_config(folder);
  if (!config)
    return tl::unexpected{config.error()};
  if (image_token)
    config->image_token = *image_token;
  if (!config->image_token)
    return fail(errc::invalid_argument, "{}/config.json does not say which token stands for a picture", folder);
  const auto files = weight_folder::open(folder);
  if (!files)
    return tl::unexpected{files.error()};
  const auto layout = config->layout;
  checkpoint_weights weights{*files, [layout](std::string_view name) { return names_in_file(name, layout); }, device,
                             dtype};
  auto vision = internvit::load(weights, *config);
  auto text = qwen2_decoder::load(weights, config->text);
  if (weights.wrong())
    return tl::unexpected{*weights.wrong()};
  return internvl3_network{*config, device, dtype, std::move(vision), std::move(text), weights.take_arena()};
}

expected<void> internvl3_network::check(std::span<const token_id> prompt, std::int64_t tiles, std::int64_t more) const {
  const auto outside =
      std::find_if(prompt.begin(), prompt.end(), [&](token_id id) { return id < 0 || id >= config.text.vocabulary; });
  if (outside != prompt.end())
    return fail(errc::invalid_argument, "{} is no token of this model, which has {}", *outside, config.text.vocabulary);
  const auto length = static_cast<std::int64_t>(prompt.size());
  if (length == 0 || length + more > config.text.most_positions)
    return fail(errc::invalid_argument, "a prompt of {} tokens and {} more do not fit the model, which has room for {}",
                length, more, config.text.most_positions);
  const auto wanted = tiles * config.tokens_a_tile();
  const auto there = std::count(prompt.begin(), prompt.end(), static_cast<token_id>(*config.image_token));
  if (there != wanted)
    return fail(errc::invalid_argument, "the prompt has {} image tokens, but its tiles make {}", there, wanted);
  return {};
}

} // namespace timeloom
