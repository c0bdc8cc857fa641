#include "models/internvl3/chat.hpp"

#include <array>

namespace timeloom {

namespace {

/// The tokens that make a prompt; a user's text must not hold them.
struct control_tokens {
  enum kind : std::size_t { begin, end, image_begin, image, image_end, count };
  static constexpr std::array<std::string_view, count> names{"<|im_start|>", "<|im_end|>", "<img>", "<IMG_CONTEXT>",
                                                             "</img>"};
  std::array<token_id, count> ids{};
};

expected<control_tokens> find_control_tokens(const tokenizer& vocabulary) {
  control_tokens made;
  for (std::size_t i = 0; i < control_tokens::count; ++i) {
    const auto id = vocabulary.added(control_tokens::names[i]);
    if (!id)
      return fail(errc::unsupported, "the vocabulary has no token {}, which InternVL3's prompts need",
                  control_tokens::names[i]);
    made.ids[i] = *id;
  }
  return made;
}

expected<void> append_text(const tokenizer& vocabulary, std::string_view text, std::vector<token_id>& out) {
  for (const auto name : control_tokens::names)
    if (text.find(name) != text.npos)
      return fail(errc::invalid_argument, "a text of a prompt holds {}, which only the prompt's frame may", name);
  const auto tokens = vocabulary.encode(text);
  if (!tokens)
    return tl::unexpected{tokens.error()};
  out.insert(out.end(), tokens->begin(), tokens->end());
  return {};
}

} // namespace

expected<std::vector<token_id>> chat_prompt(const tokenizer& vocabulary, std::span<const chat_message> messages,
                                            std::int64_t tokens_a_tile) {
  const auto control = find_control_tokens(vocabulary);
  if (!control)
    return tl::unexpected{control.error()};
  const auto& ids = control->ids;
  std::vector<token_id> out;
  std::string text; // since the last control token: it is cut into words as one
  const auto flush = [&]() {
    auto done = append_text(vocabulary, text, out);
    text.clear();
    return done;
  };
  for (const auto& message : messages) {
    if (message.role != "system" && message.role != "user" && message.role != "assistant")
      return fail(errc::invalid_argument, "\"{}\" is no role; expected system, user or assistant", message.role);
    if (auto done = flush(); !done)
      return tl::unexpected{done.error()};
    out.push_back(ids[control_tokens::begin]);
    text = message.role + "\n";
    for (const auto& part : message.parts) {
      if (const auto* words = std::get_if<std::string>(&part)) {
        text += *words;
        continue;
      }
      if (auto done = flush(); !done)
        return tl::unexpected{done.error()};
      const auto tiles = static_cast<std::size_t>(std::get<chat_image>(part).tiles);
      out.push_back(ids[control_tokens::image_begin]);
      out.insert(out.end(), tiles * static_cast<std::size_t>(tokens_a_tile), ids[control_tokens::image]);
      out.push_back(ids[control_tokens::image_end]);
      text = "\n";
    }
    if (auto done = flush(); !done)
      return tl::unexpected{done.error()};
    out.push_back(ids[control_tokens::end]);
    text = "\n";
  }
  if (auto done = flush(); !done)
    return tl::unexpected{done.error()};
  out.push_back(ids[control_tokens::begin]);
  text = "assistant\n";
  if (auto done = flush(); !done)
    return tl::unexpected{done.error()};
  return out;
}

} // namespace timeloom
