#include "models/tokenizer/tokenizer.hpp"

#include "models/tokenizer/added_tokens.hpp"
#include "models/tokenizer/tokenizer_json.hpp"
#include "models/tokenizer/word_pattern.hpp"

#include <map>

namespace timeloom {

struct tokenizer::state {
  bool nfc = false;
  word_pattern words;
  byte_pairs pairs;
  added_tokens in_text;                             // found in the text as it is
  added_tokens in_normalised;                       // found after normalisation
  std::map<std::string, token_id, std::less<>> ids; // of the added ones
  std::vector<std::string> bytes;                   // by id
  std::vector<bool> special;                        // by id

  expected<void> encode_words(std::string_view text, byte_pairs::workspace& room, std::vector<token_id>& out) const {
    return words.split(text, [&](std::string_view word) { pairs.encode(word, room, out); });
  }

  /// A piece of the text without the added tokens that are found in it as it is.
  expected<void> encode_piece(std::string_view piece, byte_pairs::workspace& room, std::vector<token_id>& out) const {
    auto text = nfc ? normalised_nfc(piece) : expected<std::string>{piece};
    if (!text)
      return tl::unexpected{text.error()};
    return split_at(in_normalised, *text, out, [&](std::string_view part) { return encode_words(part, room, out); });
  }

  /// Calls `rest` with what lies between the tokens of `found`, whose ids it appends.
  template <class Rest>
  static expected<void> split_at(const added_tokens& found, std::string_view text, std::vector<token_id>& out,
                                 Rest rest) {
    for (std::size_t at = 0; at < text.size();) {
      const auto next = found.find(text, at);
      const auto end = next ? next->at : text.size();
      if (end > at)
        if (auto done = rest(text.substr(at, end - at)); !done)
          return done;
      if (!next)
        break;
      out.push_back(next->id);
      at = end + next->length;
    }
    return {};
  }
};

expected<tokenizer> tokenizer::load(const std::string& path) {
  auto parts = read_tokenizer_json(path);
  if (!parts)
    return tl::unexpected{parts.error()};
  auto words = word_pattern::compile(parts->pattern);
  if (!words)
    return fail(words.error().code, "{}: {}", path, words.error().message);
  std::unique_ptr<state> made{new state{parts->nfc, std::move(*words), byte_pairs{parts->bytes, parts->merges}}};
  made->bytes = std::move(parts->token_bytes);
  made->special.resize(made->bytes.size());
  for (const auto& token : parts->added) {
    made->ids.emplace(token.content, token.id);
    made->special[static_cast<std::size_t>(token.id)] = token.special;
    (token.normalised ? made->in_normalised : made->in_text).add(token.content, token.id);
  }
  return tokenizer{std::move(made)};
}

tokenizer::tokenizer(std::unique_ptr<const state> made) : state_(std::move(made)) {}
tokenizer::tokenizer(tokenizer&&) noexcept = default;
tokenizer& tokenizer::operator=(tokenizer&&) noexcept = default;
tokenizer::~tokenizer() = default;

expected<std::vector<token_id>> tokenizer::encode(std::string_view text) const {
  for (auto rest = text; !rest.empty();) {
    const auto length = utf8_sequence_length(rest);
    if (length == 0)
      return fail(errc::invalid_argument, "a text is no valid UTF-8 at byte {}", text.size() - rest.size());
    rest.remove_prefix(length);
  }
  std::vector<token_id> out;
  byte_pairs::workspace room;
  auto done = state::split_at(state_->in_text, text, out,
                              [&](std::string_view piece) { return state_->encode_piece(piece, room, out); });
  if (!done)
    return tl::unexpected{done.error()};
  return out;
}

std::string tokenizer::decode(std::span<const token_id> tokens, bool with_special) const {
  std::string all;
  for (const auto token : tokens)
    if (with_special || !is_special(token))
      all += bytes(token);
  utf8_stream stream;
  auto text = stream.push(all);
  return text + stream.finish();
}

std::string_view tokenizer::bytes(token_id token) const {
  const auto at = static_cast<std::size_t>(token);
  return token >= 0 && at < state_->bytes.size() ? std::string_view{state_->bytes[at]} : std::string_view{};
}

bool tokenizer::is_special(token_id token) const {
  const auto at = static_cast<std::size_t>(token);
  return token >= 0 && at < state_->special.size() && state_->special[at];
}

std::optional<token_id> tokenizer::added(std::string_view content) const {
  const auto found = state_->ids.find(content);
  return found == state_->ids.end() ? std::optional<token_id>{} : found->second;
}

std::size_t tokenizer::size() const {
  return state_->bytes.size();
}

std::string text_stream::push(token_id token) {
  return from_->is_special(token) ? std::string{} : utf8_.push(from_->bytes(token));
}

} // namespace timeloom
