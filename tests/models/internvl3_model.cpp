#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/internvl3/internvl3_model.hpp"

#include "models/internvl3/tiling.hpp"
#include "models/tokenizer/tokenizer.hpp"
#include "tests/models/fixtures.hpp"
#include "tests/temporary_folder.hpp"

namespace timeloom {

using nlohmann::json;
using tests::fixture;
using tests::golden;
using tests::numbers;

namespace {

const c10::Device cpu{c10::kCPU};

const internvl3_model& model_of(const std::string& layout) {
  static std::map<std::string, internvl3_model> loaded;
  const auto found = loaded.find(layout);
  if (found != loaded.end())
    return found->second;
  const auto image_token =
      static_cast<token_id>(tests::fixture_json("internvl3/hf/config.json")["image_token_id"].get<int>());
  auto model = internvl3_model::load(fixture("internvl3/" + layout), cpu, at::kFloat, image_token);
  if (!model)
    FAIL(model.error().message);
  return loaded.emplace(layout, std::move(*model)).first->second;
}

at::Tensor floats(const stored_tensor& stored) {
  const auto values = numbers<float>(stored);
  return at::tensor(values).reshape(stored.shape);
}

/// The normalised tiles of a picture as the processor of transformers made them.
at::Tensor golden_tiles(const std::string& name) {
  const auto& stored = golden("tiles/" + name);
  const auto levels = at::tensor(numbers<std::uint8_t>(stored)).reshape(stored.shape).to(at::kFloat) / 255;
  const auto mean = at::tensor({0.485F, 0.456F, 0.406F}).reshape({3, 1, 1});
  const auto deviation = at::tensor({0.229F, 0.224F, 0.225F}).reshape({3, 1, 1});
  return (levels - mean) / deviation;
}

/// The tiles as we cut them from the same picture.
at::Tensor own_tiles(const std::string& name) {
  const auto& stored = golden("picture/" + name);
  const auto pixels = numbers<std::uint8_t>(stored);
  const auto width = static_cast<int>(stored.shape[1]);
  const auto made = cut_tiles({pixels.data(), width, static_cast<int>(stored.shape[0]), std::ptrdiff_t{3} * width},
                              {56, 1, 12, true});
  REQUIRE(made);
  return at::tensor(made->samples).reshape({made->count, 3, 56, 56});
}

template <class Tiles>
at::Tensor tiles_of(const json& images, Tiles make) {
  std::vector<at::Tensor> all;
  for (const auto& image : images)
    all.push_back(make(image.get<std::string>()));
  return all.empty() ? at::Tensor{} : at::cat(all);
}

double worst(const at::Tensor& a, const at::Tensor& b) {
  REQUIRE(a.sizes() == b.sizes());
  return (a - b).abs().max().item<double>();
}

/// Calls `check` with each prompt of the fixture that is for `model`: its name, its notes, its tokens.
template <class Check>
void for_each_case(const std::string& model, Check check) {
  int seen = 0;
  const auto notes = tests::fixture_json("internvl3/golden.json");
  for (const auto& entry : notes["cases"])
    if (entry["model"] == json(model)) {
      const auto name = model + "/" + entry["name"].get<std::string>();
      INFO(name);
      check(name, entry, numbers<token_id>(golden(name + "/ids")));
      ++seen;
    }
  CHECK(seen >= 2);
}

} // namespace

TEST_CASE("vision features and projector give what transformers gives") {
  for (const std::string name : {"wide", "tall", "square", "large"})
    for (const std::string layout : {"hf", "original"}) {
      INFO(layout << " " << name);
      const auto features = model_of(layout).vision_features(golden_tiles(name));
      const auto projected = model_of(layout).projected(golden_tiles(name));
      REQUIRE(features);
      REQUIRE(projected);
      CHECK(worst(*features, floats(golden("hf/vision/" + name))) < 1e-4);
      CHECK(worst(*projected, floats(golden("hf/projected/" + name))) < 1e-4);
    }
}

TEST_CASE("RMS norms, query and key norms and attention without biases give what transformers gives") {
  const auto features = model_of("variant").vision_features(golden_tiles("tall"));
  const auto projected = model_of("variant").projected(golden_tiles("tall"));
  REQUIRE(features);
  REQUIRE(projected);
  CHECK(worst(*features, floats(golden("variant/vision/tall"))) < 1e-4);
  CHECK(worst(*projected, floats(golden("variant/projected/tall"))) < 1e-4);
}

TEST_CASE("logits are those of transformers, from both layouts") {
  const auto check = [](const std::string& layout) {
    return [layout](const std::string& name, const json& entry, const std::vector<token_id>& ids) {
      const auto logits = model_of(layout).logits(ids, tiles_of(entry["images"], golden_tiles));
      REQUIRE(logits);
      const auto expected = floats(golden(name + "/logits")); // of the last few tokens
      CHECK(worst(logits->slice(0, -expected.size(0)), expected) < 1e-4);
    };
  };
  for_each_case("hf", check("hf"));
  for_each_case("hf", check("original"));
  for_each_case("variant", check("variant"));
}

TEST_CASE("in bfloat16 the logits are near, whatever the files hold") {
  const auto model = internvl3_model::load(fixture("internvl3/hf"), cpu, at::kBFloat16);
  REQUIRE(model);
  for_each_case("hf", [&](const std::string& name, const json& entry, const std::vector<token_id>& ids) {
    const auto logits = model->logits(ids, tiles_of(entry["images"], golden_tiles));
    REQUIRE(logits);
    const auto expected = floats(golden(name + "/logits"));
    const auto error = (logits->slice(0, -expected.size(0)) - expected).square().mean().sqrt();
    CHECK(error.item<double>() < 0.1 * expected.square().mean().sqrt().item<double>());
  });
}

TEST_CASE("greedy tokens are those of transformers, from pictures that were tiled here") {
  const auto vocabulary = tokenizer::load(fixture("internvl3/hf/tokenizer.json"));
  REQUIRE(vocabulary);
  for (const std::string layout : {"hf", "variant"})
    for_each_case(layout, [&](const std::string& name, const json& entry, const std::vector<token_id>& ids) {
      const auto expected = numbers<token_id>(golden(name + "/greedy"));
      const auto made = model_of(layout).generate(ids, tiles_of(entry["images"], own_tiles),
                                                  static_cast<std::int64_t>(expected.size()), {});
      REQUIRE(made);
      CHECK(*made == expected);
      CHECK(vocabulary->decode(*made, false) == entry["text"].get<std::string>());
      // A stop token ends it, and is not given.
      const auto first = std::find(expected.begin(), expected.end(), expected[5]);
      const auto stopped = model_of(layout).generate(ids, tiles_of(entry["images"], own_tiles), 24, {{expected[5]}});
      REQUIRE(stopped);
      CHECK(*stopped == std::vector<token_id>(expected.begin(), first));
    });
}

TEST_CASE("prompts that do not fit the model or their pictures are refused") {
  const auto& model = model_of("hf");
  const auto image = static_cast<token_id>(*model.config().image_token);
  const auto refusal = [&](const std::vector<token_id>& prompt, const at::Tensor& tiles, std::int64_t most) {
    const auto made = model.generate(prompt, tiles, most, {});
    REQUIRE_FALSE(made);
    CHECK(made.error().code == errc::invalid_argument);
    return made.error().message;
  };
  const auto one = golden_tiles("square");
  CHECK(refusal({1, image, image}, one, 1) == "the prompt has 2 image tokens, but its tiles make 4");
  CHECK(refusal({1, image}, {}, 1) == "the prompt has 1 image tokens, but its tiles make 0");
  CHECK(refusal({1, 512}, {}, 1) == "512 is no token of this model, which has 512");
  CHECK(refusal({}, {}, 1) == "a prompt of 0 tokens and 1 more do not fit the model, which has room for 4096");
  CHECK(refusal({1}, {}, 4096) == "a prompt of 1 tokens and 4096 more do not fit the model, which has room for 4096");
  CHECK(refusal({1}, at::zeros({1, 3, 28, 28}), 1) == "tiles have the shape [1, 3, 28, 28]; expected [n, 3, 56, 56]");
}

TEST_CASE("a checkpoint says which tensor is missing or does not fit") {
  namespace fs = std::filesystem;
  const tests::temporary_folder folder;
  fs::copy(fixture("internvl3/hf/model.safetensors"), folder.path());
  const auto with = [&](const char* pointer, const json& value) {
    auto config = tests::fixture_json("internvl3/hf/config.json");
    config[json::json_pointer{pointer}] = value;
    folder.file("config.json", config.dump());
    const auto model = internvl3_model::load(folder.path(), cpu, at::kFloat);
    return model ? "" : model.error().message.substr(folder.path().string().size());
  };
  CHECK(with("/vision_config/num_hidden_layers", 3) ==
        " has no tensor model.vision_tower.encoder.layer.2.layernorm_before.weight");
  CHECK(with("/text_config/intermediate_size", 113) == ": tensor model.language_model.layers.0.mlp.gate_proj.weight "
                                                       "has the shape [112, 64]; the configuration makes it [113, 64]");
  CHECK(with("/text_config/tie_word_embeddings", false) == " has no tensor lm_head.weight");
  const auto unsaid = internvl3_model::load(fixture("internvl3/original"), cpu, at::kFloat);
  REQUIRE_FALSE(unsaid);
  CHECK(unsaid.error().message.find("does not say which token stands for a picture") != std::string::npos);
}

} // namespace timeloom
