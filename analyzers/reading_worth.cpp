#include "analyzers/reading_worth.hpp"

#include "analyzers/text_vote.hpp"

#include <algorithm>
#include <utility>

namespace timeloom {

double best_confidence(std::span<const line_reading> readings) {
  double best = 0;
  for (const auto& one : readings)
    best = std::max(best, one.confidence);
  return best;
}

double known_share(const line_reading& reading) {
  double known = 0;
  double all = 0;
  for (const auto& word : reading.words) {
    all += static_cast<double>(word.text.size());
    known += word.known ? static_cast<double>(word.text.size()) : 0;
  }
  return all > 0 ? known / all : 0;
}

double worth(const line_reading& reading) {
  return reading.confidence * reading.coverage * (0.7 + 0.3 * known_share(reading)) *
         (1 + 0.005 * std::min(letters_in(reading.text), 60));
}

bool is_sure(const line_reading& reading) {
  return reading.confidence >= sure_reading &&
         std::all_of(reading.words.begin(), reading.words.end(),
                     [](const read_word& word) { return word.confidence >= sure_word; });
}

bool has_sure(std::span<const line_reading> readings) {
  return std::any_of(readings.begin(), readings.end(), is_sure);
}

void keep_best(std::vector<line_reading>& readings, std::size_t most) {
  if (readings.size() <= most)
    return;
  std::stable_sort(readings.begin(), readings.end(), [](const line_reading& one, const line_reading& other) {
    return std::pair{is_sure(one), worth(one)} > std::pair{is_sure(other), worth(other)};
  });
  readings.resize(most);
}

} // namespace timeloom
