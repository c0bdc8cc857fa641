#include "analyzers/seen_line.hpp"

#include "analyzers/reading_worth.hpp"
#include "analyzers/text_vote.hpp"
#include "analyzers/track_event.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace timeloom {

namespace {

constexpr double certain = 100;       // likelihood of a region that is hardly anything but text
constexpr double certain_bonus = 0.1; // off the confidence that it needs
constexpr int long_letters = 10;

} // namespace

std::optional<event> told_line(const seen_line& gone, double least_confidence) {
  auto words = voted(gone.readings);
  std::vector<line_reading> surest;
  std::copy_if(gone.readings.begin(), gone.readings.end(), std::back_inserter(surest),
               [](const line_reading& one) { return is_sure(one) && one.coverage >= whole_line; });
  if (!surest.empty() && letters_in(voted(surest).text) >= letters_in(words.text))
    words = voted(surest);
  const auto said = with_words_of(words, gone.readings);
  const bool beyond_doubt = gone.pictures > 1 && gone.region.likelihood >= likely_text && is_sure(said);
  const int letters = letters_in(said.text);
  const double least = (gone.pictures == 1 ? (letters < 6 ? 0.85 : 0.75) : (letters < 6 ? 0.8 : 0.6)) -
                       (letters >= long_letters && gone.region.likelihood >= certain ? certain_bonus : 0);
  if (said.confidence < std::max(least, least_confidence) ||
      !(looks_like_text(said.text) || (beyond_doubt && looks_like_short_text(said.text))))
    return std::nullopt;
  event found;
  found.analyzer = "text_overlay";
  found.kind = "text";
  found.start = gone.first;
  found.end = gone.last;
  found.score = std::round(100 * said.confidence) / 100;
  found.area = gone.area;
  found.text = said.text;
  found.attributes = {{"pictures", gone.pictures}};
  if (gone.runs)
    found.attributes.emplace_back("changing", true);
  if (gone.path.points().size() > 1)
    found.attributes.emplace_back("path", path_attribute(gone.path));
  return found;
}

} // namespace timeloom
