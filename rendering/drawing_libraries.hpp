/// What this machine has to draw with.
#pragma once

#include <string>
#include <vector>

namespace timeloom {

/// Names and versions, such as "cairo 1.16.0".
std::vector<std::string> drawing_library_versions();

/// Whether there is any font to write with.
bool finds_a_font();

} // namespace timeloom
