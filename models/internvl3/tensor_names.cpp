#include "models/internvl3/tensor_names.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace timeloom {

namespace {

constexpr std::array<tensor_name, 38> table{{
    {"vision.class", "vision_tower.embeddings.cls_token", "vision_model.embeddings.class_embedding"},
    {"vision.positions", "vision_tower.embeddings.position_embeddings", "vision_model.embeddings.position_embedding"},
    {"vision.patches.weight", "vision_tower.embeddings.patch_embeddings.projection.weight",
     "vision_model.embeddings.patch_embedding.weight"},
    {"vision.patches.bias", "vision_tower.embeddings.patch_embeddings.projection.bias",
     "vision_model.embeddings.patch_embedding.bias"},
    {"vision.norm.weight", "vision_tower.layernorm.weight", "vision_model.layernorm.weight"},
    {"vision.norm.bias", "vision_tower.layernorm.bias", "vision_model.layernorm.bias"},
    {"vision.#.norm1.weight", "vision_tower.encoder.layer.#.layernorm_before.weight",
     "vision_model.encoder.layers.#.norm1.weight"},
    {"vision.#.norm1.bias", "vision_tower.encoder.layer.#.layernorm_before.bias",
     "vision_model.encoder.layers.#.norm1.bias"},
    {"vision.#.qkv.weight", "vision_tower.encoder.layer.#.attention.<q,k,v>_proj.weight",
     "vision_model.encoder.layers.#.attn.qkv.weight"},
    {"vision.#.qkv.bias", "vision_tower.encoder.layer.#.attention.<q,k,v>_proj.bias",
     "vision_model.encoder.layers.#.attn.qkv.bias"},
    {"vision.#.q_norm.weight", "vision_tower.encoder.layer.#.attention.q_norm.weight",
     "vision_model.encoder.layers.#.attn.q_norm.weight"},
    {"vision.#.k_norm.weight", "vision_tower.encoder.layer.#.attention.k_norm.weight",
     "vision_model.encoder.layers.#.attn.k_norm.weight"},
    {"vision.#.out.weight", "vision_tower.encoder.layer.#.attention.projection_layer.weight",
     "vision_model.encoder.layers.#.attn.proj.weight"},
    {"vision.#.out.bias", "vision_tower.encoder.layer.#.attention.projection_layer.bias",
     "vision_model.encoder.layers.#.attn.proj.bias"},
    {"vision.#.scale1", "vision_tower.encoder.layer.#.lambda_1", "vision_model.encoder.layers.#.ls1"},
    {"vision.#.norm2.weight", "vision_tower.encoder.layer.#.layernorm_after.weight",
     "vision_model.encoder.layers.#.norm2.weight"},
    {"vision.#.norm2.bias", "vision_tower.encoder.layer.#.layernorm_after.bias",
     "vision_model.encoder.layers.#.norm2.bias"},
    {"vision.#.up.weight", "vision_tower.encoder.layer.#.mlp.fc1.weight",
     "vision_model.encoder.layers.#.mlp.fc1.weight"},
    {"vision.#.up.bias", "vision_tower.encoder.layer.#.mlp.fc1.bias", "vision_model.encoder.layers.#.mlp.fc1.bias"},
    {"vision.#.down.weight", "vision_tower.encoder.layer.#.mlp.fc2.weight",
     "vision_model.encoder.layers.#.mlp.fc2.weight"},
    {"vision.#.down.bias", "vision_tower.encoder.layer.#.mlp.fc2.bias", "vision_model.encoder.layers.#.mlp.fc2.bias"},
    {"vision.#.scale2", "vision_tower.encoder.layer.#.lambda_2", "vision_model.encoder.layers.#.ls2"},

    {"projector.norm.weight", "multi_modal_projector.layer_norm.weight", "mlp1.0.weight"},
    {"projector.norm.bias", "multi_modal_projector.layer_norm.bias", "mlp1.0.bias"},
    {"projector.in.weight", "multi_modal_projector.linear_1.weight", "mlp1.1.weight"},
    {"projector.in.bias", "multi_modal_projector.linear_1.bias", "mlp1.1.bias"},
    {"projector.out.weight", "multi_modal_projector.linear_2.weight", "mlp1.3.weight"},
    {"projector.out.bias", "multi_modal_projector.linear_2.bias", "mlp1.3.bias"},

    {"text.embedding", "language_model.embed_tokens.weight", "language_model.model.embed_tokens.weight"},
    {"text.norm", "language_model.norm.weight", "language_model.model.norm.weight"},
    {"text.head", "lm_head.weight", "language_model.lm_head.weight"},
    {"text.#.norm1", "language_model.layers.#.input_layernorm.weight",
     "language_model.model.layers.#.input_layernorm.weight"},
    {"text.#.qkv.weight", "language_model.layers.#.self_attn.<q,k,v>_proj.weight",
     "language_model.model.layers.#.self_attn.<q,k,v>_proj.weight"},
    {"text.#.qkv.bias", "language_model.layers.#.self_attn.<q,k,v>_proj.bias",
     "language_model.model.layers.#.self_attn.<q,k,v>_proj.bias"},
    {"text.#.out.weight", "language_model.layers.#.self_attn.o_proj.weight",
     "language_model.model.layers.#.self_attn.o_proj.weight"},
    {"text.#.norm2", "language_model.layers.#.post_attention_layernorm.weight",
     "language_model.model.layers.#.post_attention_layernorm.weight"},
    {"text.#.gate_up.weight", "language_model.layers.#.mlp.<gate,up>_proj.weight",
     "language_model.model.layers.#.mlp.<gate,up>_proj.weight"},
    {"text.#.down.weight", "language_model.layers.#.mlp.down_proj.weight",
     "language_model.model.layers.#.mlp.down_proj.weight"},
}};

/// "vision.12.norm1.bias" as "vision.#.norm1.bias" and "12".
std::pair<std::string, std::string> without_number(std::string_view name) {
  const auto first = name.find('.');
  const auto second = first == name.npos ? first : name.find('.', first + 1);
  if (second == name.npos || std::isdigit(static_cast<unsigned char>(name[first + 1])) == 0)
    return {std::string{name}, ""};
  return {std::string{name.substr(0, first + 1)} + "#" + std::string{name.substr(second)},
          std::string{name.substr(first + 1, second - first - 1)}};
}

std::string with(std::string text, std::string_view mark, std::string_view value) {
  if (const auto at = text.find(mark); at != text.npos)
    text.replace(at, mark.size(), value);
  return text;
}

std::vector<std::string> parts_of(const std::string& name) {
  const auto open = name.find('<');
  if (open == name.npos)
    return {name};
  const auto close = name.find('>', open);
  std::vector<std::string> parts;
  for (auto at = open + 1; at < close;) {
    const auto end = std::min(name.find(',', at), close);
    parts.push_back(name.substr(0, open) + name.substr(at, end - at) + name.substr(close + 1));
    at = end + 1;
  }
  return parts;
}

std::vector<std::string> spellings(const std::string& name, checkpoint_layout layout) {
  if (layout == checkpoint_layout::original)
    return {name};
  if (name.starts_with("lm_head."))
    return {name, "language_model." + name};
  std::vector<std::string> made{"model." + name, name};
  if (name.starts_with("language_model."))
    made.push_back(with(name, "language_model.", "language_model.model."));
  return made;
}

} // namespace

std::span<const tensor_name> tensor_names() {
  return table;
}

std::vector<std::vector<std::string>> names_in_file(std::string_view name, checkpoint_layout layout) {
  const auto [pattern, number] = without_number(name);
  const auto* const row =
      std::find_if(table.begin(), table.end(), [&](const auto& entry) { return entry.ours == pattern; });
  if (row == table.end())
    return {};
  const auto theirs = layout == checkpoint_layout::original ? row->original : row->transformers;
  std::vector<std::vector<std::string>> parts;
  for (const auto& part : parts_of(with(std::string{theirs}, "#", number)))
    parts.push_back(spellings(part, layout));
  return parts;
}

} // namespace timeloom
