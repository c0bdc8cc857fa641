/// Byte-pair encoding of one word: of all neighbours that may merge, those of the lowest rank do, the leftmost first,
/// until none may (Sennrich et al. 2016, arXiv:1508.07909). Immutable; any thread.
#pragma once

#include "models/tokenizer/token_id.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace timeloom {

class byte_pairs {
public:
  struct merge {
    token_id left = 0;
    token_id right = 0;
    token_id whole = 0;
  };

  /// `bytes` are the tokens of the 256 bytes; `merges` in the order of their ranks, of which the first of a pair
  /// counts.
  byte_pairs(const std::array<token_id, 256>& bytes, std::span<const merge> merges);

  /// Room for a word that is being encoded, so that it need not be allocated for each.
  struct workspace {
    struct symbol {
      token_id id = 0;
      std::int32_t before = -1; // neighbours that are still there
      std::int32_t after = -1;
      bool merged_away = false;
    };
    struct candidate {
      std::int32_t rank = 0;
      std::int32_t at = 0; // the left symbol
      token_id whole = 0;
    };
    std::vector<symbol> symbols;
    std::vector<candidate> heap;
  };

  /// Appends the tokens of `word`, in O(n log n).
  void encode(std::string_view word, workspace& room, std::vector<token_id>& out) const;

private:
  struct slot {
    std::uint64_t pair = 0;
    std::int32_t rank = -1; // -1: empty
    token_id whole = 0;
  };

  const slot* find(token_id left, token_id right) const;

  std::array<token_id, 256> bytes_;
  std::vector<slot> slots_; // open addressing, at most half full
};

} // namespace timeloom
