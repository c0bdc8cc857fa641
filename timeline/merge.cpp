#include "timeline/merge.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <string_view>
#include <tuple>

namespace timeloom {

std::vector<event> merge(std::vector<event> events, std::span<const std::string> catalog) {
  std::map<std::string_view, std::size_t> ranks;
  for (const event& e : events)
    ranks.emplace(e.analyzer, catalog.size()); // in order of name
  std::size_t stranger = catalog.size();
  for (auto& [id, rank] : ranks) {
    const auto place = std::find(catalog.begin(), catalog.end(), id);
    rank = place == catalog.end() ? stranger++ : static_cast<std::size_t>(place - catalog.begin());
  }

  struct key {
    media_time time;
    std::size_t rank;
    std::int64_t frame;
    std::size_t found; ///< place in `events`
    bool operator<(const key& other) const {
      return std::tie(time, rank, frame, found) < std::tie(other.time, other.rank, other.frame, other.found);
    }
  };
  std::vector<key> keys;
  keys.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i)
    keys.push_back({events[i].start.time, ranks.at(events[i].analyzer), events[i].start.index, i});
  std::sort(keys.begin(), keys.end());

  std::vector<event> merged;
  merged.reserve(events.size());
  for (const key& k : keys)
    merged.push_back(std::move(events[k.found]));
  return merged;
}

} // namespace timeloom
