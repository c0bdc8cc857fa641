#include "analyzers/text_vote.hpp"

#include "analyzers/reading_worth.hpp"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <set>
#include <utility>
#include <vector>

namespace timeloom {

namespace {

constexpr int least_letters = 3; // shorter readings are noise far more often than text
constexpr int same_place_px = 6; // of letters 30 px high
constexpr double poor_word = 0.5;

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = std::min(text.find(' '), text.size());
    if (end > 0)
      words.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return words;
}

/// Without spaces, and dashes before words, as dialogues have.
int characters_in(std::string_view text) {
  int characters = 0;
  for (const auto& word : words_of(text))
    if (word != "-" && word != "—")
      characters +=
          static_cast<int>(std::count_if(word.begin(), word.end(), [](char c) { return !continues_character(c); }));
  return characters;
}

bool is_mark_alone(const std::string& word) {
  return letters_in(word) == 0 && word != "-" && word != "—" && word != "&" && word != "..." && word != "…" &&
         word != "♪";
}

} // namespace

// Of characters with several bytes, the first; those from 0xc2 and 0xe2 are nearly all marks.
bool is_letter(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 0xc3 && byte != 0xe2);
}

bool continues_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

double text_similarity(std::string_view a, std::string_view b) {
  if (a.empty() && b.empty())
    return 1;
  std::vector<std::size_t> row(b.size() + 1); // Levenshtein distances of a's prefix to each prefix of b
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({change, row[j] + 1, row[j - 1] + 1});
    }
  }
  return 1 - static_cast<double>(row.back()) / static_cast<double>(std::max(a.size(), b.size()));
}

line_reading voted(std::span<const line_reading> readings) {
  const line_reading* best = nullptr;
  double most = -1;
  for (const auto& one : readings) {
    double votes = 0;
    for (const auto& other : readings)
      votes += other.confidence * other.confidence * text_similarity(one.text, other.text);
    votes += one.confidence * one.confidence; // of two readings, the surer
    if (votes > most) {
      most = votes;
      best = &one;
    }
  }
  auto result = *best;
  for (const auto& one : readings)
    if (one.text == result.text)
      result.confidence = std::max(result.confidence, one.confidence);
  return result;
}

line_reading with_words_of(line_reading whole, std::span<const line_reading> readings) {
  auto words = whole.words;
  const auto in_the_way = [&](const read_word& one, const read_word& of) {
    return std::min(one.right, of.right) - std::max(one.left, of.left) > same_place_px;
  };
  std::vector<const read_word*> others;
  for (const auto& one : readings)
    if (std::abs(one.width - whole.width) <= same_place_px)
      for (const auto& word : one.words)
        if (word.known && word.confidence >= sure_word && letters_in(word.text) >= least_letters)
          others.push_back(&word);
  std::stable_sort(others.begin(), others.end(), [](const read_word* a, const read_word* b) {
    return a->confidence * (a->right - a->left) > b->confidence * (b->right - b->left);
  });
  bool changed = false;
  for (const auto* word : others) {
    const bool better = std::all_of(words.begin(), words.end(), [&](const read_word& one) {
      return !in_the_way(one, *word) || one.confidence < poor_word;
    });
    if (!better)
      continue;
    std::erase_if(words, [&](const read_word& one) { return in_the_way(one, *word); });
    words.push_back(*word);
    changed = true;
  }
  if (!changed)
    return whole;
  std::sort(words.begin(), words.end(), [](const read_word& a, const read_word& b) { return a.left < b.left; });
  whole = reading_of(std::move(words), whole.width);
  whole.text = tidied(whole.text);
  return whole;
}

std::string tidied(const std::string& text) {
  auto words = words_of(text);
  while (!words.empty() && is_mark_alone(words.front()))
    words.erase(words.begin());
  while (words.size() > 1 && is_mark_alone(words.back())) {
    const auto mark = std::move(words.back());
    words.pop_back();
    const char last = words.back().back();
    if ((mark == "?" || mark == "!") && (is_letter(last) || continues_character(last)))
      words.back() += mark;
  }
  std::string tidy;
  for (const auto& word : words)
    tidy += (tidy.empty() ? "" : " ") + word;
  if (tidy.ends_with("..") && !tidy.ends_with("..."))
    tidy += '.';
  return tidy;
}

int letters_in(std::string_view text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), is_letter));
}

bool looks_like_text(std::string_view text) {
  const int letters = letters_in(text);
  int longest = 0;
  for (const auto& word : words_of(text))
    longest = std::max(longest, letters_in(word));
  const std::set<char> distinct(text.begin(), text.end());
  const auto kinds = std::count_if(distinct.begin(), distinct.end(), is_letter);
  return letters >= least_letters && kinds >= least_letters && longest >= std::min(3, letters) &&
         letters >= 0.65 * characters_in(text);
}

bool looks_like_short_text(std::string_view text) {
  const int letters = letters_in(text);
  return letters >= 2 && 2 * letters >= characters_in(text);
}

} // namespace timeloom
