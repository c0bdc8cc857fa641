#include "tests/timeline/schema.hpp"

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

namespace timeloom {

using nlohmann::json;

std::string schema_complaints(const json& document) {
  static const auto schema = [] {
    std::ifstream file(TIMELOOM_SOURCE_DIR "/docs/timeline.schema.json");
    const json text = json::parse(file);
    auto parsed = std::make_unique<valijson::Schema>();
    valijson::SchemaParser(valijson::SchemaParser::kDraft7)
        .populateSchema(valijson::adapters::NlohmannJsonAdapter(text), *parsed);
    return parsed;
  }();
  valijson::ValidationResults results;
  valijson::Validator().validate(*schema, valijson::adapters::NlohmannJsonAdapter(document), &results);
  std::ostringstream all;
  for (valijson::ValidationResults::Error e; results.popError(e);) {
    for (const std::string& part : e.context)
      all << part;
    all << ": " << e.description << '\n';
  }
  return all.str();
}

} // namespace timeloom
