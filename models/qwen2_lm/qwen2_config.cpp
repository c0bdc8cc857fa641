#include "models/qwen2_lm/qwen2_config.hpp"

#include "models/json_fields.hpp"

#include <algorithm>

namespace timeloom {

namespace {

constexpr std::int64_t most_width = 1 << 17;

/// Of transformers 4 `rope_theta` and `rope_scaling`, of transformers 5 `rope_parameters`.
rope_config read_rope(json_fields& fields) {
  rope_config rope;
  auto parameters = fields.within("rope_parameters");
  auto scaling = fields.within("rope_scaling");
  auto& kind_in = fields.has("rope_parameters") ? parameters : scaling;
  rope.theta = parameters.number("rope_theta", 1, 1e12, fields.number("rope_theta", 1, 1e12, 10000.0));
  const auto kind = kind_in.text("rope_type", kind_in.text("type", "default"));
  if (kind == "linear")
    rope.position_divisor = kind_in.number("factor", 1, 1e6);
  else if (kind != "default" && kind != "dynamic")
    kind_in.refuse(kind_in.has("rope_type") ? "rope_type" : "type", "default, linear or dynamic");
  fields.take(parameters);
  fields.take(scaling);
  return rope;
}

} // namespace

qwen2_config read_qwen2_config(json_fields& fields) {
  qwen2_config made;
  if (fields.text("model_type", "qwen2") != "qwen2")
    fields.refuse("model_type", "qwen2");
  if (fields.text("hidden_act", "silu") != "silu")
    fields.refuse("hidden_act", "silu");
  if (fields.boolean("use_sliding_window", false))
    fields.refuse("use_sliding_window", "false");
  made.vocabulary = fields.integer("vocab_size", 1, 1 << 24);
  made.hidden = fields.integer("hidden_size", 1, most_width);
  made.intermediate = fields.integer("intermediate_size", 1, 8 * most_width);
  made.layers = fields.integer("num_hidden_layers", 1, 1024);
  made.heads = fields.integer("num_attention_heads", 1, 1024);
  made.key_value_heads = fields.integer("num_key_value_heads", 1, 1024, made.heads);
  made.head_size = fields.integer("head_dim", 2, 4096, std::max<std::int64_t>(made.hidden / made.heads, 2));
  made.most_positions = fields.integer("max_position_embeddings", 1, 1 << 24, 32768);
  made.norm_epsilon = fields.number("rms_norm_eps", 0, 1, 1e-6);
  made.rope = read_rope(fields);
  if (fields.has("tie_word_embeddings"))
    made.tied_head = fields.boolean("tie_word_embeddings", false);
  if (made.heads % made.key_value_heads != 0)
    fields.refuse("num_key_value_heads", fmt::format("a divisor of the {} heads", made.heads));
  if (made.head_size % 2 != 0)
    fields.refuse(fields.has("head_dim") ? "head_dim" : "hidden_size", "heads of an even size");
  return made;
}

} // namespace timeloom
