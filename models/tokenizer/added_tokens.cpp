#include "models/tokenizer/added_tokens.hpp"

namespace timeloom {

added_tokens::added_tokens() : nodes_(1) {}

void added_tokens::add(std::string_view content, token_id id) {
  std::size_t at = 0;
  for (const char c : content) {
    const auto [next, is_new] = nodes_[at].next.emplace(c, nodes_.size());
    at = next->second;
    if (is_new)
      nodes_.emplace_back();
  }
  nodes_[at].id = id;
}

std::optional<added_tokens::place> added_tokens::find(std::string_view text, std::size_t from) const {
  for (std::size_t begin = from; begin < text.size(); ++begin) {
    std::optional<place> longest;
    std::size_t at = 0;
    for (std::size_t end = begin; end < text.size(); ++end) {
      const auto next = nodes_[at].next.find(text[end]);
      if (next == nodes_[at].next.end())
        break;
      at = next->second;
      if (nodes_[at].id)
        longest = place{begin, end + 1 - begin, *nodes_[at].id};
    }
    if (longest)
      return longest;
  }
  return {};
}

} // namespace timeloom
