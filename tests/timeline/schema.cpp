#include "tests/timeline/schema.hpp"

#include "tests/catch.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace timeloom {

std::vector<std::string> schema_complaints(const std::vector<nlohmann::json>& documents) {
  const auto stem = std::filesystem::temp_directory_path() / ("timeloom-schema-" + std::to_string(::getpid()));
  const auto input = stem.string() + ".jsonl", output = stem.string() + ".txt";
  {
    std::ofstream lines(input);
    for (const nlohmann::json& document : documents)
      lines << document.dump() << '\n';
  }
  const std::string folder = TIMELOOM_SOURCE_DIR;
  REQUIRE(std::system((folder + "/tests/schema_check " + folder + "/docs/timeline.schema.json " + input + " >" + output)
                          .c_str()) == 0);
  std::vector<std::string> found;
  std::ifstream answers(output);
  for (std::string line; std::getline(answers, line);)
    found.push_back(line);
  std::filesystem::remove(input);
  std::filesystem::remove(output);
  REQUIRE(found.size() == documents.size());
  return found;
}

std::string schema_complaints(const nlohmann::json& document) {
  return schema_complaints(std::vector<nlohmann::json>{document}).front();
}

} // namespace timeloom
