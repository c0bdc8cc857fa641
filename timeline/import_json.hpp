/// Timelines from the text that `export_json` made, for whoever gets them from a daemon. Plain function; any thread.
#pragma once

#include "core/error.hpp"
#include "timeline/timeline.hpp"

#include <string_view>

namespace timeloom {

/// The timeline without its thumbnails, which the text does not hold. Exported again it gives the same text. Fails with
/// `protocol` when the text is not of this version's schema, or not within the limits of its parts.
expected<timeline> import_json(std::string_view text);

} // namespace timeloom
