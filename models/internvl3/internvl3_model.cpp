#include "models/internvl3/internvl3_model.hpp"

#include "models/internvl3/internvl3_network.hpp"
#include "models/libtorch.hpp"
#include "models/safetensors.hpp"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>
#include <algorithm>

namespace timeloom {

struct internvl3_model::state {
  internvl3_network network;

  at::Tensor on_device(const at::Tensor& tiles) const { return tiles.to(network.device, network.dtype); }

  expected<void> check(std::span<const token_id> prompt, const at::Tensor& tiles, std::int64_t more) const {
    const auto side = network.config.vision.image;
    if (tiles.defined() && (tiles.dim() != 4 || tiles.size(1) != 3 || tiles.size(2) != side || tiles.size(3) != side))
      return fail(errc::invalid_argument, "tiles have the shape {}; expected [n, 3, {}, {}]",
                  shape_text({tiles.sizes().data(), tiles.sizes().size()}), side, side);
    return network.check(prompt, tiles.defined() ? tiles.size(0) : 0, more);
  }

  /// What the decoder is given for the prompt: embeddings, those of the image tokens from the pictures.
  at::Tensor inputs(std::span<const token_id> prompt, const at::Tensor& tiles) const {
    auto tokens = at::empty({static_cast<std::int64_t>(prompt.size())}, at::TensorOptions{at::kLong});
    std::copy(prompt.begin(), prompt.end(), tokens.data_ptr<std::int64_t>());
    tokens = tokens.to(network.device);
    auto embedded = network.text.embed(tokens);
    if (!tiles.defined())
      return embedded;
    const auto pictures = network.vision.project(network.vision.features(on_device(tiles)));
    const auto places = (tokens == *network.config.image_token).nonzero().flatten();
    return embedded.index_copy(0, places, pictures.reshape({-1, network.config.text.hidden}));
  }

  /// Passes inputs through the decoder, after `length` positions that are in the area, one after another.
  at::Tensor forward(const at::Tensor& hidden, std::int64_t length, kv_area& area) const {
    const auto rows = hidden.size(0);
    const auto numbers = [&](std::vector<std::int64_t> of, at::ScalarType type) {
      return at::tensor(of, at::TensorOptions{at::kLong}).to(network.device, type);
    };
    const auto positions = at::arange(length + rows, at::TensorOptions{at::kLong}.device(network.device));
    token_batch batch;
    batch.positions = batch.slots = positions.narrow(0, length, rows);
    batch.pieces = {{rows, length + rows}};
    batch.piece_slots = positions;
    batch.row_ends = numbers({0, rows}, at::kInt);
    batch.length_ends = numbers({0, length + rows}, at::kInt);
    return network.text.forward(hidden, angles_of(network.config.text, batch.positions), batch, area);
  }
};

expected<internvl3_model> internvl3_model::load(const std::string& folder, c10::Device device, c10::ScalarType dtype,
                                                std::optional<token_id> image_token) {
  auto network = internvl3_network::load(folder, device, dtype, image_token);
  if (!network)
    return tl::unexpected{network.error()};
  return internvl3_model{std::make_unique<const state>(state{std::move(*network)})};
}

internvl3_model::internvl3_model(std::unique_ptr<const state> made) : state_(std::move(made)) {}
internvl3_model::internvl3_model(internvl3_model&&) noexcept = default;
internvl3_model& internvl3_model::operator=(internvl3_model&&) noexcept = default;
internvl3_model::~internvl3_model() = default;

const internvl3_config& internvl3_model::config() const {
  return state_->network.config;
}

expected<at::Tensor> internvl3_model::vision_features(const at::Tensor& tiles) const {
  return caught([&] { return state_->network.vision.features(state_->on_device(tiles)); });
}

expected<at::Tensor> internvl3_model::projected(const at::Tensor& tiles) const {
  return caught(
      [&] { return state_->network.vision.project(state_->network.vision.features(state_->on_device(tiles))); });
}

expected<at::Tensor> internvl3_model::logits(std::span<const token_id> prompt, const at::Tensor& tiles) const {
  if (auto fits = state_->check(prompt, tiles, 0); !fits)
    return tl::unexpected{fits.error()};
  return caught([&] {
    auto area = state_->network.text.new_area(static_cast<std::int64_t>(prompt.size()));
    return state_->network.text.logits(state_->forward(state_->inputs(prompt, tiles), 0, area)).to(at::kFloat);
  });
}

expected<std::vector<token_id>> internvl3_model::generate(std::span<const token_id> prompt, const at::Tensor& tiles,
                                                          std::int64_t most, std::span<const token_id> stop) const {
  if (auto fits = state_->check(prompt, tiles, most); !fits)
    return tl::unexpected{fits.error()};
  return caught([&] {
    std::vector<token_id> made;
    auto length = static_cast<std::int64_t>(prompt.size());
    auto area = state_->network.text.new_area(length + most);
    std::int64_t there = 0;
    auto input = state_->inputs(prompt, tiles);
    while (static_cast<std::int64_t>(made.size()) < most) {
      const auto last = state_->forward(input, there, area).slice(0, -1);
      there = length++;
      const auto next = state_->network.text.logits(last).argmax(-1); // (1)
      const auto token = static_cast<token_id>(next.item<std::int64_t>());
      if (std::find(stop.begin(), stop.end(), token) != stop.end())
        break;
      made.push_back(token);
      input = state_->network.text.embed(next);
    }
    return made;
  });
}

} // namespace timeloom
