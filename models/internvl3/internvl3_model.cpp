#include "models/internvl3/internvl3_model.hpp"

#include "models/checkpoint_weights.hpp"
#include "models/internvl3/internvit.hpp"
#include "models/internvl3/tensor_names.hpp"
#include "models/libtorch.hpp"
#include "models/qwen2_lm/qwen2_decoder.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <algorithm>

namespace timeloom {

struct internvl3_model::state {
  internvl3_config config;
  c10::Device device;
  c10::ScalarType dtype;
  internvit vision;
  qwen2_decoder text;

  at::Tensor on_device(const at::Tensor& tiles) const { return tiles.to(device, dtype); }

  expected<void> check(std::span<const token_id> prompt, const at::Tensor& tiles, std::int64_t more) const {
    const auto outside =
        std::find_if(prompt.begin(), prompt.end(), [&](token_id id) { return id < 0 || id >= config.text.vocabulary; });
    if (outside != prompt.end())
      return fail(errc::invalid_argument, "{} is no token of this model, which has {}", *outside,
                  config.text.vocabulary);
    const auto length = static_cast<std::int64_t>(prompt.size());
    if (length == 0 || length + more > config.text.most_positions)
      return fail(errc::invalid_argument,
                  "a prompt of {} tokens and {} more do not fit the model, which has room for {}", length, more,
                  config.text.most_positions);
    const auto side = config.vision.image;
    if (tiles.defined() && (tiles.dim() != 4 || tiles.size(1) != 3 || tiles.size(2) != side || tiles.size(3) != side))
      return fail(errc::invalid_argument, "tiles have the shape {}; expected [n, 3, {}, {}]",
                  shape_text({tiles.sizes().data(), tiles.sizes().size()}), side, side);
    const auto wanted = tiles.defined() ? tiles.size(0) * config.tokens_a_tile() : 0;
    const auto there = std::count(prompt.begin(), prompt.end(), static_cast<token_id>(*config.image_token));
    if (there != wanted)
      return fail(errc::invalid_argument, "the prompt has {} image tokens, but its tiles make {}", there, wanted);
    return {};
  }

  /// What the decoder is given for the prompt: embeddings, those of the image tokens from the pictures.
  at::Tensor inputs(std::span<const token_id> prompt, const at::Tensor& tiles) const {
    auto tokens = at::empty({static_cast<std::int64_t>(prompt.size())}, at::TensorOptions{at::kLong});
    std::copy(prompt.begin(), prompt.end(), tokens.data_ptr<std::int64_t>());
    tokens = tokens.to(device);
    auto embedded = text.embed(tokens);
    if (!tiles.defined())
      return embedded;
    const auto pictures = vision.project(vision.features(on_device(tiles)));
    const auto places = (tokens == *config.image_token).nonzero().flatten();
    return embedded.index_copy(0, places, pictures.reshape({-1, config.text.hidden}));
  }

  /// Passes inputs through the decoder, after what is in the cache.
  at::Tensor forward(const at::Tensor& hidden, kv_cache& cache) const {
    const auto positions =
        at::arange(cache.length, cache.length + hidden.size(0), at::TensorOptions{at::kLong}.device(device));
    return text.forward(hidden, angles_of(config.text, positions, dtype), cache);
  }
};

expected<internvl3_model> internvl3_model::load(const std::string& folder, c10::Device device, c10::ScalarType dtype,
                                                std::optional<token_id> image_token) {
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
  std::unique_ptr<const state> made{
      new state{*config, device, dtype, internvit::load(weights, *config), qwen2_decoder::load(weights, config->text)}};
  if (weights.wrong())
    return tl::unexpected{*weights.wrong()};
  return internvl3_model{std::move(made)};
}

internvl3_model::internvl3_model(std::unique_ptr<const state> made) : state_(std::move(made)) {}
internvl3_model::internvl3_model(internvl3_model&&) noexcept = default;
internvl3_model& internvl3_model::operator=(internvl3_model&&) noexcept = default;
internvl3_model::~internvl3_model() = default;

const internvl3_config& internvl3_model::config() const {
  return state_->config;
}

expected<at::Tensor> internvl3_model::vision_features(const at::Tensor& tiles) const {
  return caught([&] { return state_->vision.features(state_->on_device(tiles)); });
}

expected<at::Tensor> internvl3_model::projected(const at::Tensor& tiles) const {
  return caught([&] { return state_->vision.project(state_->vision.features(state_->on_device(tiles))); });
}

expected<at::Tensor> internvl3_model::logits(std::span<const token_id> prompt, const at::Tensor& tiles) const {
  if (auto fits = state_->check(prompt, tiles, 0); !fits)
    return tl::unexpected{fits.error()};
  return caught([&] {
    auto cache = state_->text.new_cache(static_cast<std::int64_t>(prompt.size()));
    return state_->text.logits(state_->forward(state_->inputs(prompt, tiles), cache)).to(at::kFloat);
  });
}

expected<std::vector<token_id>> internvl3_model::generate(std::span<const token_id> prompt, const at::Tensor& tiles,
                                                          std::int64_t most, std::span<const token_id> stop) const {
  if (auto fits = state_->check(prompt, tiles, most); !fits)
    return tl::unexpected{fits.error()};
  return caught([&] {
    std::vector<token_id> made;
    auto cache = state_->text.new_cache(static_cast<std::int64_t>(prompt.size()) + most);
    auto input = state_->inputs(prompt, tiles);
    while (static_cast<std::int64_t>(made.size()) < most) {
      const auto last = state_->forward(input, cache).slice(0, -1);
      const auto next = state_->text.logits(last).argmax(-1); // (1)
      const auto token = static_cast<token_id>(next.item<std::int64_t>());
      if (std::find(stop.begin(), stop.end(), token) != stop.end())
        break;
      made.push_back(token);
      input = state_->text.embed(next);
    }
    return made;
  });
}

} // namespace timeloom
