#include "analyzers/transition.hpp"

namespace timeloom {

std::string_view to_string(transition_kind kind) {
  switch (kind) {
  case transition_kind::cut:
    return "cut";
  case transition_kind::dissolve:
    return "dissolve";
  case transition_kind::fade_in:
    return "fade_in";
  case transition_kind::fade_out:
    return "fade_out";
  case transition_kind::wipe:
    return "wipe";
  }
  return "cut";
}

} // namespace timeloom
