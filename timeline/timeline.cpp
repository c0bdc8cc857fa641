#include "timeline/timeline.hpp"

#include <algorithm>

namespace timeloom {

std::string_view to_string(analyzer_status status) {
  switch (status) {
  case analyzer_status::done:
    return "done";
  case analyzer_status::partial:
    return "partial";
  case analyzer_status::failed:
    return "failed";
  case analyzer_status::skipped:
    return "skipped";
  }
  return "failed";
}

std::int64_t count_finds(const timeline& made, std::string_view analyzer) {
  if (analyzer == "scene_segmentation")
    return static_cast<std::int64_t>(made.scenes.size());
  return std::count_if(made.events.begin(), made.events.end(),
                       [&](const event& found) { return found.analyzer == analyzer; });
}

} // namespace timeloom
