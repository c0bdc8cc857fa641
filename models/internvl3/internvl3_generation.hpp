/// Prompts that are answered together: they join and leave at every step. Owns the keys and values. For one thread,
/// within a compute_scope; errors of libtorch end here.
#pragma once

#include "core/error.hpp"
#include "models/internvl3/internvl3_network.hpp"
#include "models/qwen2_lm/decode_step.hpp"
#include "models/qwen2_lm/prefix_digests.hpp"
#include "models/qwen2_lm/token_schedule.hpp"
#include "models/token_sampler.hpp"

#include <ATen/core/Tensor.h>
#include <functional>
#include <map>
#include <memory>
#include <vector>

namespace timeloom {

struct generation_prompt {
  struct picture {
    picture_span span; ///< of its image tokens
    at::Tensor tiles;  ///< (tiles, 3, image, image), on the host
  };

  std::vector<token_id> tokens;
  std::vector<picture> pictures; ///< in the order of their tokens
  std::int64_t most_new = 1;
  sampling_options sampling;
  std::vector<token_id> stop; ///< end the answer, and are not part of it
};

struct generated {
  sequence_id id = 0;
  expected<std::vector<token_id>> tokens;
  bool cut_short = false; ///< `most_new` tokens came without one of `stop`
};

struct generation_limits {
  std::int64_t kv_bytes = 0; ///< for keys and values
  step_limits step;          ///< tokens and sequences that are computed at once
  std::int64_t tiles = 32;   ///< that the vision model sees at once
};

/// What was done so far.
struct generation_counts {
  std::uint64_t steps = 0;
  std::uint64_t recorded_steps = 0; ///< of those, repeated from a record
  std::uint64_t tiles = 0;          ///< that the vision model has seen
  std::uint64_t shared_tokens = 0;  ///< of prompts that were there already
  std::uint64_t halvings = 0;       ///< of the limits, because memory ran out
  std::uint64_t singled_out = 0;    ///< steps that were done again sequence by sequence, because one failed
};

class internvl3_generation {
public:
  /// `network` must outlive it. Counting goes on from `counts`. Fails with `errc::exhausted` when there is no room for
  /// the keys and values.
  static expected<std::unique_ptr<internvl3_generation>>
  create(const internvl3_network& network, const generation_limits& limits, const generation_counts& counts = {});

  /// Whether the prompt can be answered: `errc::invalid_argument` when it does not fit the model, `errc::exhausted`
  /// when its keys and values do not fit the room for them. Any thread may ask.
  expected<void> check(const generation_prompt& prompt) const;

  /// Puts a prompt that was checked behind those that wait.
  void add(sequence_id id, generation_prompt prompt);

  /// Forgets it, wherever it is.
  void remove(sequence_id id);

  /// Computes the next step of as many as find room, and gives the answers that it ended. A prompt that fails gives
  /// its error; the others go on.
  std::vector<generated> step();

  bool idle() const { return sequences_.empty(); }
  const token_schedule& schedule() const { return schedule_; }
  std::int64_t kv_bytes() const; ///< taken for keys and values
  const generation_counts& counts() const { return counts_; }
  const generation_limits& limits() const { return limits_; }
  std::int64_t last_rows() const { return last_rows_; } ///< sequences in the last step

  /// For tests: is called with what is about to be computed; what it throws counts as thrown by that.
  std::function<void(std::span<const planned_tokens>)> before_computing;

private:
  struct sequence {
    generation_prompt prompt;
    std::vector<token_id> tokens;     // prompt and answer
    std::vector<at::Tensor> pictures; // what the vision model made of each, (tokens, hidden), while it is needed
    token_sampler sampler;
  };
  struct chosen {
    std::vector<token_id> likeliest; // after each work that chooses
    at::Tensor logits;               // (those, vocabulary), on the device
    std::vector<at::Tensor> scores;  // the same of those that are drawn, (vocabulary), float32, on the host
  };

  internvl3_generation(const internvl3_network& network, const generation_limits& limits, std::int64_t blocks);

  chosen compute(std::span<const planned_tokens> plan);
  chosen compute_recorded(std::span<const planned_tokens> plan);
  chosen compute_batch(std::span<const planned_tokens> plan);
  void look_at_pictures(std::span<const planned_tokens> plan);
  at::Tensor inputs(std::span<const planned_tokens> plan);
  decode_step* step_for(std::int64_t rows);
  void settle(std::span<const planned_tokens> plan, const chosen& tokens, std::vector<generated>& ended);
  void fail_one(sequence_id id, error why, std::vector<generated>& ended);
  bool halve(std::span<const planned_tokens> plan);
  void recover();

  const internvl3_network* network_;
  const generation_limits wished_;
  generation_limits limits_; // lower than wished for some time after memory ran out
  std::int64_t steps_since_halving_ = 0;
  token_schedule schedule_;
  kv_area area_;
  std::map<sequence_id, sequence> sequences_;
  std::map<std::int64_t, decode_step> steps_; // by their rows
  bool records_ = true;                       // until there is no memory for a record
  generation_counts counts_;
  std::int64_t last_rows_ = 0;
};

} // namespace timeloom
