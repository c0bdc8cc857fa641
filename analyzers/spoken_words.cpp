#include "analyzers/spoken_words.hpp"

#include "analyzers/reading_worth.hpp"
#include "analyzers/text_vote.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

namespace {

constexpr double sure_unknown_word = 0.93;
constexpr double nearly = 0.6; // likeness of a word and its misreading

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A word without marks, case and what tells letters apart that look like each other.
struct spoken_word {
  std::string letters;
  bool sure = false;
};

std::vector<spoken_word> spoken_words(const line_reading& reading) {
  std::vector<spoken_word> words;
  for (const auto& word : reading.words) {
    spoken_word spoken;
    bool of_letter = false;
    for (const char c : word.text) {
      of_letter = continues_character(c) ? of_letter : is_letter(c);
      if (of_letter)
        spoken.letters += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (!std::all_of(spoken.letters.begin(), spoken.letters.end(), is_digit))
      for (auto& c : spoken.letters)
        c = c == 'l' || c == '1' ? 'i' : c == '0' ? 'o' : c;
    spoken.sure = word.confidence >= (word.known ? sure_word : sure_unknown_word);
    if (!spoken.letters.empty())
      words.push_back(std::move(spoken));
  }
  return words;
}

/// A word that is not sure says what one says that is nearly it.
bool agree(const spoken_word& one, const spoken_word& other) {
  return one.letters == other.letters ||
         ((!one.sure || !other.sure) && text_similarity(one.letters, other.letters) >= nearly);
}

bool is_cut(const std::string& one, const std::string& other, bool at_begin, bool at_end) {
  if (std::any_of(one.begin(), one.end(), is_digit) || std::any_of(other.begin(), other.end(), is_digit))
    return false;
  return (at_begin && (one.ends_with(other) || other.ends_with(one))) ||
         (at_end && (one.starts_with(other) || other.starts_with(one)));
}

/// Of words that stand at the same place of two readings, and are not the same.
bool differ(std::span<const spoken_word> a, std::span<const spoken_word> b, bool at_begin, bool at_end) {
  std::string one, other;
  bool sure = true;
  for (const auto& word : a) {
    one += word.letters;
    sure = sure && word.sure;
  }
  for (const auto& word : b) {
    other += word.letters;
    sure = sure && word.sure;
  }
  if (!sure || one == other)
    return false;
  return one.empty() || other.empty() ? !at_begin && !at_end : !is_cut(one, other, at_begin, at_end);
}

} // namespace

bool says_otherwise(const line_reading& one, const line_reading& other) {
  const auto a = spoken_words(one);
  const auto b = spoken_words(other);
  // common[i][j]: how many words a from i on and b from j on have in common, in their order.
  std::vector<std::vector<int>> common(a.size() + 1, std::vector<int>(b.size() + 1));
  for (std::size_t i = a.size(); i-- > 0;)
    for (std::size_t j = b.size(); j-- > 0;)
      common[i][j] = agree(a[i], b[j]) ? common[i + 1][j + 1] + 1 : std::max(common[i + 1][j], common[i][j + 1]);
  std::size_t i = 0, j = 0;
  for (bool more = true; more;) {
    const auto from_i = i, from_j = j;
    while (i < a.size() && j < b.size() && !agree(a[i], b[j]))
      ++(common[i + 1][j] >= common[i][j + 1] ? i : j);
    more = i < a.size() && j < b.size();
    if (!more) {
      i = a.size();
      j = b.size();
    }
    if (differ({a.data() + from_i, i - from_i}, {b.data() + from_j, j - from_j}, from_i == 0 && from_j == 0, !more))
      return true;
    ++i;
    ++j;
  }
  return false;
}

} // namespace timeloom
