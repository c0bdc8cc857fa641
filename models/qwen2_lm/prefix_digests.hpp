/// What a prompt begins with, as digests: two prompts with the same i-th digest have the same content up to the end of
/// their i-th block, and so the same keys and values.
#pragma once

#include "models/tokenizer/token_id.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

/// Successive tokens of a prompt that stand for a picture.
struct picture_span {
  std::int64_t first = 0;
  std::int64_t count = 0;
  std::string digest; ///< of the picture

  std::int64_t end() const { return first + count; }
};

/// One for each block of `block_tokens` that the prompt fills. The tokens of a picture are told apart by its digest.
std::vector<std::string> prefix_digests(std::span<const token_id> prompt, std::span<const picture_span> pictures,
                                        std::int64_t block_tokens);

} // namespace timeloom
