/// When and where a timeline was made. Any thread.
#pragma once

#include "timeline/timeline.hpp"

#include <string>

namespace timeloom {

/// Fills in the program ("timeloom 0.1.0"), the time (now) and the host.
void stamp(provenance& made, std::string program);

} // namespace timeloom
