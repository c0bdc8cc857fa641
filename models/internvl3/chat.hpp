/// A conversation as the tokens that InternVL3 was trained on: ChatML roles, and for each image
/// `<img>` `<IMG_CONTEXT>`... `</img>` and a line break, before the text that follows it.
#pragma once

#include "models/tokenizer/tokenizer.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

namespace timeloom {

/// A picture that was cut into so many tiles, the thumbnail among them.
struct chat_image {
  int tiles = 1;
};

struct chat_message {
  std::string role; ///< "system", "user" or "assistant"
  std::vector<std::variant<std::string, chat_image>> parts;
};

/// The tokens of the messages and of the beginning of the assistant's answer. Each tile is `tokens_a_tile` times
/// <IMG_CONTEXT>. Fails with `errc::invalid_argument` when a text is no valid UTF-8 or holds a token that would end its
/// message or pass for a picture, and with `errc::unsupported` when the vocabulary lacks one of those tokens.
///
/// Like the template of the -hf checkpoints, and unlike the original code, it puts no system message first that nobody
/// asked for.
expected<std::vector<token_id>> chat_prompt(const tokenizer& vocabulary, std::span<const chat_message> messages,
                                            std::int64_t tokens_a_tile);

} // namespace timeloom
