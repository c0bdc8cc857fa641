#include "analyzers/text_lines.hpp"

#include "analyzers/suppression.hpp"

#include <algorithm>
#include <numeric>

namespace timeloom {

namespace {

constexpr double least_similarity = 0.6; // misread letters are common; another sentence is not this close
constexpr double least_overlap = 0.3;

} // namespace

double text_similarity(const std::string& a, const std::string& b) {
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

void text_lines::see(frame_position at, std::vector<text_reading> readings) {
  std::vector<line> still_open;
  for (auto& reading : readings) {
    const auto same = std::find_if(open_.begin(), open_.end(), [&](const line& one) {
      return intersection_over_union(one.best.area, reading.area) >= least_overlap &&
             text_similarity(one.best.text, reading.text) >= least_similarity;
    });
    if (same == open_.end()) {
      still_open.push_back({at, at, std::move(reading)});
      continue;
    }
    same->last = at;
    ++same->seen;
    if (reading.confidence > same->best.confidence)
      same->best = std::move(reading);
    still_open.push_back(std::move(*same));
    open_.erase(same);
  }
  for (const auto& gone : open_)
    close(gone);
  open_ = std::move(still_open);
}

void text_lines::finish() {
  for (const auto& gone : open_)
    close(gone);
  open_.clear();
}

void text_lines::close(const line& gone) {
  event found;
  found.analyzer = "text_overlay";
  found.kind = "text";
  found.start = gone.first;
  found.end = gone.last;
  found.score = gone.best.confidence;
  found.area = gone.best.area;
  found.text = gone.best.text;
  found.attributes = {{"pictures", gone.seen}};
  events_.push_back(std::move(found));
}

} // namespace timeloom
