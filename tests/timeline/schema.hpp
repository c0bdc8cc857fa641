/// The published schema of timeline files, for tests.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace timeloom {

/// What docs/timeline.schema.json has against a document; empty when nothing.
std::string schema_complaints(const nlohmann::json& document);

} // namespace timeloom
