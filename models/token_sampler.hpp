/// Which token comes next, by the scores that a language model gave. One sequence, one thread.
#pragma once

#include "models/tokenizer/token_id.hpp"

#include <cstdint>
#include <random>
#include <span>

namespace timeloom {

struct sampling_options {
  double temperature = 0; ///< 0: always the likeliest; else scores are divided by it before one is drawn
  double top_p = 1;       ///< in (0, 1]: of the likeliest tokens whose probabilities make up this share
  int top_k = 0;          ///< of so many of the likeliest; 0: of all
  std::uint64_t seed = 0;
};

class token_sampler {
public:
  explicit token_sampler(const sampling_options& options) : options_(options), random_(options.seed) {}

  bool greedy() const { return options_.temperature <= 0; }

  /// The token, an index of `scores`, which are not empty. The same options and scores give the same tokens. Limits
  /// apply in the order temperature, top_k, top_p, as those of transformers do.
  token_id choose(std::span<const float> scores);

private:
  sampling_options options_;
  std::mt19937_64 random_;
};

} // namespace timeloom
