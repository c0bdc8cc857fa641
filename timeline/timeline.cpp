#include "timeline/timeline.hpp"

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

} // namespace timeloom
