/// Texts to tokens and back, as a `tokenizer.json` of the `tokenizers` library says: byte-level BPE with a
/// pre-tokenisation pattern, normalisation form C and added tokens, which is what Qwen2 and InternVL3 have. Another
/// kind is refused with what is not supported. Immutable; any thread.
#pragma once

#include "core/error.hpp"
#include "models/tokenizer/token_id.hpp"
#include "models/tokenizer/utf8_text.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

class tokenizer {
public:
  /// Fails with `errc::not_found`, `errc::io`, `errc::corrupt_media` when the file is no such JSON or its parts do not
  /// fit, or `errc::unsupported`. The message names the file and what is wrong.
  static expected<tokenizer> load(const std::string& path);

  tokenizer(tokenizer&&) noexcept;
  tokenizer& operator=(tokenizer&&) noexcept;
  ~tokenizer();

  /// The tokens of `text`; the added tokens in it are found. Nothing is put before or after. Fails with
  /// `errc::invalid_argument` when it is no valid UTF-8.
  expected<std::vector<token_id>> encode(std::string_view text) const;

  /// The text of tokens, with U+FFFD for bytes that make no character. Ids that name no token give nothing.
  std::string decode(std::span<const token_id> tokens, bool with_special) const;

  /// The bytes of one token, which may be a part of a character; "" when the id names none.
  std::string_view bytes(token_id token) const;

  /// Whether it stands for no text of its own, such as `<|im_end|>`.
  bool is_special(token_id token) const;

  /// The id of the added token `content`, such as "<IMG_CONTEXT>".
  std::optional<token_id> added(std::string_view content) const;

  /// One more than the largest id.
  std::size_t size() const;

private:
  struct state;
  explicit tokenizer(std::unique_ptr<const state> made);

  std::unique_ptr<const state> state_;
};

/// The text of tokens that come one by one; what was given is always valid UTF-8, and put together it is what `decode`
/// gives. Special tokens give nothing. For one thread; the tokenizer must outlive it.
class text_stream {
public:
  explicit text_stream(const tokenizer& from) : from_(&from) {}

  std::string push(token_id token);
  std::string finish() { return utf8_.finish(); }

private:
  const tokenizer* from_;
  utf8_stream utf8_;
};

} // namespace timeloom
