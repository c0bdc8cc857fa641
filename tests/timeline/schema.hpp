/// The published schema, for tests that hold what is written against it.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace timeloom {

/// What docs/timeline.schema.json has against each document; empty for one that it has nothing against.
std::vector<std::string> schema_complaints(const std::vector<nlohmann::json>& documents);

/// The same for one document. Each call starts a validator, which takes a third of a second.
std::string schema_complaints(const nlohmann::json& document);

} // namespace timeloom
