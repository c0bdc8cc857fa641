/// The timeline as a JSON document, the form that docs/timeline.schema.json describes.
#pragma once

#include "timeline/timeline.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace timeloom {

/// The value of "schema": grows a number when a member changes its meaning or goes away; new members leave it alone.
inline constexpr const char* timeline_schema = "timeloom.timeline/1";

/// {"schema", "media", "analyzers", "scenes", "events", "provenance"}. Times are exact to the nanosecond; scores, boxes
/// and an analyzer's own numbers are rounded to the 7 digits that single precision holds.
nlohmann::ordered_json timeline_document(const timeline& found);

/// `timeline_document` as text: one line for each analyzer, scene and event, ending with a newline.
std::string export_json(const timeline& found);

} // namespace timeloom
