/// Tokens that are found in a text as they stand, before it is cut into words: the leftmost, and there the longest.
/// Immutable once filled; then any thread.
#pragma once

#include "models/tokenizer/token_id.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace timeloom {

class added_tokens {
public:
  added_tokens();

  /// `content` must not be empty.
  void add(std::string_view content, token_id id);

  struct place {
    std::size_t at = 0;
    std::size_t length = 0;
    token_id id = 0;
  };

  /// The next one in `text` at or after `from`.
  std::optional<place> find(std::string_view text, std::size_t from) const;

private:
  struct node {
    std::unordered_map<char, std::size_t> next;
    std::optional<token_id> id;
  };

  std::vector<node> nodes_; // a trie; the first is its root
};

} // namespace timeloom
