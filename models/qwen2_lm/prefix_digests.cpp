#include "models/qwen2_lm/prefix_digests.hpp"

#include "core/sha256.hpp"

namespace timeloom {

std::vector<std::string> prefix_digests(std::span<const token_id> prompt, std::span<const picture_span> pictures,
                                        std::int64_t block_tokens) {
  std::vector<std::string> made;
  std::string before;
  const auto length = static_cast<std::int64_t>(prompt.size());
  for (std::int64_t first = 0; first + block_tokens <= length; first += block_tokens) {
    const auto tokens =
        std::as_bytes(prompt.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(block_tokens)));
    sha256 sum;
    sum.add(before);
    sum.add({reinterpret_cast<const char*>(tokens.data()), tokens.size()});
    // Where in its picture a token stands is known from what lies before.
    for (const auto& picture : pictures)
      if (picture.first < first + block_tokens && picture.end() > first)
        sum.add(picture.digest);
    before = sum.hex();
    made.push_back(before);
  }
  return made;
}

} // namespace timeloom
