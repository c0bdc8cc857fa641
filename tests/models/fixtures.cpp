#include "tests/models/fixtures.hpp"

#include <fstream>

namespace timeloom::tests {

nlohmann::json fixture_json(const std::string& name) {
  std::ifstream file{fixture(name)};
  INFO(name);
  REQUIRE(file);
  return nlohmann::json::parse(file);
}

const stored_tensor& golden(const std::string& name) {
  static const auto file = safetensors_file::open(fixture("internvl3/golden.safetensors"));
  REQUIRE(file);
  INFO(name);
  const auto found = file->tensors().find(name);
  REQUIRE(found != file->tensors().end());
  return found->second;
}

} // namespace timeloom::tests
