#include "models/tokenizer/word_pattern.hpp"

#include "tests/models/fixtures.hpp"

#include <algorithm>

namespace timeloom {

using tests::fixture_json;

namespace {

const word_pattern& qwen2_pattern() {
  static const auto compiled = word_pattern::compile(
      fixture_json("tokenizer/tokenizer.json")["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"]
          .get<std::string>());
  REQUIRE(compiled);
  return *compiled;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  REQUIRE(qwen2_pattern().split(text, [&](std::string_view word) { words.emplace_back(word); }));
  return words;
}

std::string utf8(std::uint32_t code) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (code >> shift & 0x3f)); };
  if (code < 0x80)
    return {static_cast<char>(code)};
  if (code < 0x800)
    return {static_cast<char>(0xc0 | code >> 6), tail(0)};
  if (code < 0x10000)
    return {static_cast<char>(0xe0 | code >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xf0 | code >> 18), tail(12), tail(6), tail(0)};
}

std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

TEST_CASE("texts are cut into the words of the tokenizers library") {
  const auto sample = fixture_json("tokenizer/sample.json");
  REQUIRE(sample["words"].size() > 100);
  for (const auto& entry : sample["words"]) {
    const auto words = entry.get<std::vector<std::string>>();
    std::string text;
    for (const auto& word : words)
      text += word;
    CHECK(words_of(text) == words);
  }
}

TEST_CASE("each character counts as letter, digit, space or mark as in the tokenizers library") {
  const auto sample = fixture_json("tokenizer/sample.json");
  REQUIRE(sample["cuts"].size() > 500);
  for (const auto& range : sample["cuts"]) {
    const auto first = range[0].get<std::uint32_t>();
    const auto last = range[1].get<std::uint32_t>();
    for (auto code = first; code <= last; ++code) {
      if (code == first + 20 && last > first + 40)
        code = last - 20; // the middle of a long range
      std::string lengths;
      for (const auto& word : words_of("!" + utf8(code) + "!"))
        lengths += (lengths.empty() ? "" : "+") + std::to_string(characters(word));
      if (lengths != range[2].get<std::string>())
        FAIL_CHECK(fmt::format("U+{:04X}: {}, but {} in the library", code, lengths, range[2].get<std::string>()));
    }
  }
}

} // namespace timeloom
