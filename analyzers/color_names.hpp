/// What people call a colour.
#pragma once

#include "analyzers/oklab.hpp"

#include <string>

namespace timeloom {

/// One of the basic colour terms of B. Berlin and P. Kay, "Basic Color Terms", 1969, with teal, cyan, olive and beige,
/// and "dark" or "light" before it where that helps: "dark blue", "orange", "light gray".
std::string color_name(const oklab_color& color);

} // namespace timeloom
