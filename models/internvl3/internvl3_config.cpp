#include "models/internvl3/internvl3_config.hpp"

#include "models/json_fields.hpp"
#include "models/mapped_file.hpp"

#include <cmath>

namespace timeloom {

namespace {

/// A side that is one number, or a list of two that are the same.
std::int64_t read_side(const nlohmann::json& object, json_fields& fields, const char* name, std::int64_t otherwise) {
  constexpr std::int64_t most = 4096;
  if (!fields.has(name) || object[name].is_number())
    return fields.integer(name, 1, most, otherwise);
  const auto& both = object[name];
  if (both.is_array() && both.size() == 2 && both[0] == both[1] && both[0].is_number_unsigned() &&
      both[0].get<std::uint64_t>() >= 1 && both[0].get<std::uint64_t>() <= most)
    return both[0].get<std::int64_t>();
  fields.refuse(name, fmt::format("a side from 1 to {}, or twice the same", most));
  return otherwise;
}

internvit_config read_vision(const nlohmann::json& object, json_fields& fields, checkpoint_layout layout) {
  const bool original = layout == checkpoint_layout::original;
  internvit_config made;
  made.image = read_side(object, fields, "image_size", 448);
  made.patch = read_side(object, fields, "patch_size", 14);
  made.channels = fields.integer("num_channels", 3, 3, 3);
  made.hidden = fields.integer("hidden_size", 1, 1 << 16, 1024);
  made.intermediate = fields.integer("intermediate_size", 1, 1 << 18, 4096);
  made.layers = fields.integer("num_hidden_layers", 1, 256, 24);
  made.heads = fields.integer("num_attention_heads", 1, 1024, 16);
  made.norm_epsilon = fields.number("layer_norm_eps", 0, 1, 1e-6);
  made.qkv_bias = fields.boolean(original ? "qkv_bias" : "attention_bias", false);
  made.qk_norm = fields.boolean(original ? "qk_normalization" : "use_qk_norm", false);
  const auto norm = fields.text("norm_type", "layer_norm");
  made.norm_kind = norm == "rms_norm" ? internvit_config::norm::rms : internvit_config::norm::layer;
  if (norm != "rms_norm" && norm != "layer_norm")
    fields.refuse("norm_type", "layer_norm or rms_norm");
  if (!original) {
    made.position_embeddings = fields.boolean("use_absolute_position_embeddings", true);
    made.final_norm = !fields.boolean("use_mean_pooling", true);
  }
  if (fields.text("hidden_act", "gelu") != "gelu")
    fields.refuse("hidden_act", "gelu");
  if (made.image % made.patch != 0)
    fields.refuse("image_size", fmt::format("a multiple of the patches' side, {}", made.patch));
  if (made.hidden % made.heads != 0)
    fields.refuse("hidden_size", fmt::format("a multiple of the {} heads", made.heads));
  return made;
}

void read_rest(json_fields& fields, internvl3_config& made) {
  const bool original = made.layout == checkpoint_layout::original;
  const auto ratio = fields.number("downsample_ratio", 1e-3, 1, 0.5);
  made.shuffle = std::lround(1 / ratio);
  if (std::abs(ratio * static_cast<double>(made.shuffle) - 1) > 1e-6 ||
      made.vision.patches_a_side() % made.shuffle != 0)
    fields.refuse("downsample_ratio", fmt::format("1 over a whole number that divides the {} patches a side",
                                                  made.vision.patches_a_side()));
  if (fields.text("projector_hidden_act", "gelu") != "gelu")
    fields.refuse("projector_hidden_act", "gelu");
  const char* layer = original ? "select_layer" : "vision_feature_layer";
  if (fields.integer(layer, -1000, 1000, -1) != -1)
    fields.refuse(layer, "-1, the last");
  if (!original && fields.text("vision_feature_select_strategy", "default") != "default")
    fields.refuse("vision_feature_select_strategy", "\"default\", all but the class token");
  if (original && fields.text("ps_version", "v2") != "v2")
    fields.refuse("ps_version", "v2");
  if (original && fields.integer("force_image_size", 1, 4096, made.vision.image) != made.vision.image)
    fields.refuse("force_image_size", fmt::format("the vision model's {}", made.vision.image));
  made.most_tiles = static_cast<int>(fields.integer("max_dynamic_patch", 1, 64, 12));
  made.least_tiles = static_cast<int>(fields.integer("min_dynamic_patch", 1, made.most_tiles, 1));
  made.thumbnail = fields.boolean("use_thumbnail", true);
  if (fields.has("image_token_id"))
    made.image_token = fields.integer("image_token_id", 0, made.text.vocabulary - 1);
}

} // namespace

expected<internvl3_config> read_internvl3_config(const std::string& folder) {
  const auto path = folder + "/config.json";
  const auto file = mapped_file::open(path);
  if (!file)
    return tl::unexpected{file.error()};
  const auto all = parse_json_object(file->text());
  if (!all)
    return fail(all.error().code, "{} {}", path, all.error().message);
  json_fields fields{*all, path};
  internvl3_config made;
  const auto type = fields.text("model_type");
  made.layout = type == "internvl_chat" ? checkpoint_layout::original : checkpoint_layout::transformers;
  if (type != "internvl" && type != "internvl_chat")
    fields.refuse("model_type", "\"internvl\" or \"internvl_chat\"");
  const bool original = made.layout == checkpoint_layout::original;
  auto vision = fields.within("vision_config");
  if (!fields.has("vision_config"))
    fields.refuse("vision_config", "an object");
  fields.take(vision);
  const char* text_name = original ? "llm_config" : "text_config";
  auto text = fields.within(text_name);
  if (!fields.has(text_name))
    fields.refuse(text_name, "an object");
  fields.take(text);
  if (!fields.wrong()) {
    made.vision = read_vision((*all)["vision_config"], vision, made.layout);
    fields.take(vision);
    made.text = read_qwen2_config(text);
    fields.take(text);
  }
  if (!fields.wrong())
    read_rest(fields, made);
  if (fields.wrong())
    return tl::unexpected{*fields.wrong()};
  return made;
}

} // namespace timeloom
