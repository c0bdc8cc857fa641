/// The shape of a Qwen2 language model, as `config.json` gives it.
#pragma once

#include <cstdint>
#include <optional>

namespace timeloom {

class json_fields;

/// How positions become angles. The context is never longer than the model was made for, so "dynamic" scaling, which
/// acts beyond it, is the same as none.
struct rope_config {
  double theta = 10000.0;
  double position_divisor = 1.0; ///< of "linear" scaling
};

struct qwen2_config {
  std::int64_t vocabulary = 0;
  std::int64_t hidden = 0;
  std::int64_t intermediate = 0;
  std::int64_t layers = 0;
  std::int64_t heads = 0;
  std::int64_t key_value_heads = 0; ///< divides `heads`
  std::int64_t head_size = 0;       ///< even
  std::int64_t most_positions = 0;  ///< the longest context, in tokens
  double norm_epsilon = 0;
  rope_config rope;
  std::optional<bool> tied_head; ///< the head is the embedding; nothing: as the weights say
};

/// Reads it from `text_config` or `llm_config`. What does not fit, or is not supported, is kept in `fields`.
qwen2_config read_qwen2_config(json_fields& fields);

} // namespace timeloom
