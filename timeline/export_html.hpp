/// The timeline as one self-contained page for a browser.
#pragma once

#include "timeline/timeline.hpp"

#include <string>

namespace timeloom {

/// Nothing in the page comes from elsewhere and nothing leaves it: its content security policy allows its own style and
/// script by their hashes, pictures embedded in it and a video that the reader loads from disk, and no network. The
/// timeline stands in it as data that no text in it can turn into markup.
std::string export_html(const timeline& found);

} // namespace timeloom
