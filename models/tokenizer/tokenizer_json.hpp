/// What a `tokenizer.json` says, checked. Any thread.
#pragma once

#include "core/error.hpp"
#include "models/tokenizer/byte_pairs.hpp"

#include <array>
#include <string>
#include <vector>

namespace timeloom {

struct tokenizer_parts {
  struct added_token {
    std::string content;
    token_id id = 0;
    bool special = false;
    bool normalised = false; ///< to be found in the text after normalisation, not before
  };

  bool nfc = false;
  std::string pattern;
  std::array<token_id, 256> bytes{};
  std::vector<byte_pairs::merge> merges;
  std::vector<added_token> added;
  std::vector<std::string> token_bytes; ///< by id, of the vocabulary and of the added ones
};

/// Fails as `tokenizer::load`.
expected<tokenizer_parts> read_tokenizer_json(const std::string& path);

} // namespace timeloom
