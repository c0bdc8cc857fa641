#include "models/internvl3/internvl3_config.hpp"

#include "models/internvl3/tensor_names.hpp"
#include "tests/models/fixtures.hpp"
#include "tests/temporary_folder.hpp"

#include <set>

namespace timeloom {

using nlohmann::json;
using tests::fixture;
using tests::fixture_json;

namespace {

/// What the configuration is refused for when the value at `pointer` is another one; "" when it is not.
std::string refusal(const std::string& layout, const char* pointer, const json& value) {
  const tests::temporary_folder folder;
  auto config = fixture_json("internvl3/" + layout + "/config.json");
  config[json::json_pointer{pointer}] = value;
  folder.file("config.json", config.dump());
  const auto read = read_internvl3_config(folder.path());
  if (!read)
    CHECK(read.error().code == errc::invalid_config);
  return read ? "" : read.error().message.substr(folder.path().string().size() + 1);
}

} // namespace

TEST_CASE("both layouts of the same model give the same configuration") {
  const auto hf = read_internvl3_config(fixture("internvl3/hf"));
  const auto original = read_internvl3_config(fixture("internvl3/original"));
  REQUIRE(hf);
  REQUIRE(original);
  CHECK(hf->layout == checkpoint_layout::transformers);
  CHECK(original->layout == checkpoint_layout::original);
  for (const auto* config : {&*hf, &*original}) {
    CHECK(config->vision.image == 56);
    CHECK(config->vision.patches_a_side() == 4);
    CHECK(config->vision.hidden == 32);
    CHECK(config->vision.layers == 2);
    CHECK(config->vision.qkv_bias);
    CHECK_FALSE(config->vision.qk_norm);
    CHECK(config->vision.norm_kind == internvit_config::norm::layer);
    CHECK(config->text.hidden == 64);
    CHECK(config->text.key_value_heads == 2);
    CHECK(config->text.head_size == 16);
    CHECK(config->text.rope.theta == 1e6);
    CHECK(config->text.tied_head == true);
    CHECK(config->shuffle == 2);
    CHECK(config->tokens_a_tile() == 4);
    CHECK(config->most_tiles == 12);
  }
  CHECK(hf->image_token.has_value());
  CHECK_FALSE(original->image_token);
}

TEST_CASE("what InternVL3 leaves off is read too") {
  const auto variant = read_internvl3_config(fixture("internvl3/variant"));
  REQUIRE(variant);
  CHECK(variant->vision.norm_kind == internvit_config::norm::rms);
  CHECK(variant->vision.qk_norm);
  CHECK_FALSE(variant->vision.qkv_bias);
  CHECK(variant->text.tied_head == false);
  CHECK(variant->text.rope.theta == 1e4);
}

TEST_CASE("a configuration that cannot be used says which field, and why") {
  CHECK(refusal("hf", "/model_type", "llava") ==
        R"(config.json: model_type is "llava"; expected "internvl" or "internvl_chat")");
  CHECK(refusal("hf", "/text_config/model_type", "llama") ==
        R"(config.json: text_config: model_type is "llama"; expected qwen2)");
  CHECK(refusal("hf", "/text_config/hidden_size", nullptr) == "config.json: text_config: hidden_size is missing");
  CHECK(refusal("hf", "/text_config/hidden_size", -64) ==
        "config.json: text_config: hidden_size is -64; expected a whole number from 1 to 131072");
  CHECK(refusal("hf", "/text_config/vocab_size", 1e30) ==
        "config.json: text_config: vocab_size is 1e+30; expected a whole number from 1 to 16777216");
  CHECK(refusal("hf", "/text_config/vocab_size", 18446744073709551615U) != "");
  CHECK(refusal("hf", "/text_config/num_key_value_heads", 3) ==
        "config.json: text_config: num_key_value_heads is 3; expected a divisor of the 4 heads");
  CHECK(refusal("hf", "/text_config/rope_parameters/rope_type", "yarn") ==
        R"(config.json: text_config: rope_parameters: rope_type is "yarn"; expected default, linear or dynamic)");
  CHECK(refusal("original", "/llm_config/rope_scaling", json{{"type", "longrope"}}) ==
        R"(config.json: llm_config: rope_scaling: type is "longrope"; expected default, linear or dynamic)");
  CHECK(refusal("original", "/llm_config/rope_scaling", json{{"type", "dynamic"}, {"factor", 2.0}}) == "");
  CHECK(refusal("hf", "/vision_config", "none") == "config.json: vision_config is no object");
  CHECK(refusal("hf", "/vision_config", nullptr) == "config.json: vision_config is missing; expected an object");
  CHECK(refusal("hf", "/vision_config/image_size", json{56, 70}) ==
        "config.json: vision_config: image_size is [56,70]; expected a side from 1 to 4096, or twice the same");
  CHECK(refusal("hf", "/vision_config/image_size", 60) ==
        "config.json: vision_config: image_size is 60; expected a multiple of the patches' side, 14");
  CHECK(refusal("hf", "/vision_config/image_size", 70) ==
        "config.json: downsample_ratio is 0.5; expected 1 over a whole number that divides the 5 patches a side");
  CHECK(refusal("hf", "/vision_config/hidden_act", "relu") ==
        R"(config.json: vision_config: hidden_act is "relu"; expected gelu)");
  CHECK(refusal("hf", "/vision_feature_layer", -2) == "config.json: vision_feature_layer is -2; expected -1, the last");
  CHECK(refusal("hf", "/image_token_id", 512) ==
        "config.json: image_token_id is 512; expected a whole number from 0 to 511");
  CHECK(refusal("original", "/select_layer", -4) == "config.json: select_layer is -4; expected -1, the last");
  CHECK(refusal("original", "/ps_version", "v1") == R"(config.json: ps_version is "v1"; expected v2)");
  const tests::temporary_folder folder;
  folder.file("config.json", "{\"a\": ");
  const auto text = read_internvl3_config(folder.path());
  REQUIRE_FALSE(text);
  CHECK(text.error().message.find("config.json is no JSON") != std::string::npos);
}

TEST_CASE("each tensor of both checkpoints belongs to one of ours") {
  for (const std::string layout : {"hf", "original", "variant"}) {
    const auto files = weight_folder::open(fixture("internvl3/" + layout));
    const auto config = read_internvl3_config(fixture("internvl3/" + layout));
    REQUIRE(files);
    REQUIRE(config);
    std::set<std::string> known;
    for (const auto& row : tensor_names())
      for (int layer = 0; layer < 3; ++layer) {
        std::string ours{row.ours};
        if (const auto mark = ours.find('#'); mark != ours.npos)
          ours.replace(mark, 1, std::to_string(layer));
        for (const auto& part : names_in_file(ours, config->layout))
          for (const auto& spelling : part)
            if (files->find(spelling) != nullptr)
              known.insert(spelling);
      }
    CHECK(known.size() == files->size());
  }
}

TEST_CASE("the names that versions of transformers wrote are all known") {
  using names = std::vector<std::vector<std::string>>;
  const auto hf = checkpoint_layout::transformers;
  CHECK(names_in_file("text.head", hf) == names{{"lm_head.weight", "language_model.lm_head.weight"}});
  CHECK(names_in_file("text.11.gate_up.weight", hf) ==
        names{{"model.language_model.layers.11.mlp.gate_proj.weight", "language_model.layers.11.mlp.gate_proj.weight",
               "language_model.model.layers.11.mlp.gate_proj.weight"},
              {"model.language_model.layers.11.mlp.up_proj.weight", "language_model.layers.11.mlp.up_proj.weight",
               "language_model.model.layers.11.mlp.up_proj.weight"}});
  CHECK(names_in_file("vision.3.qkv.bias", checkpoint_layout::original) ==
        names{{"vision_model.encoder.layers.3.attn.qkv.bias"}});
  CHECK(names_in_file("vision.3.no.such", hf).empty());
}

} // namespace timeloom
