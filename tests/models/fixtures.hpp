/// The files that tests/fixtures/*/make_fixture.py wrote with transformers and tokenizers.
#pragma once

#include "models/safetensors.hpp"
#include "tests/catch.hpp"

#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace timeloom::tests {

inline std::string fixture(const std::string& name) {
  return std::string{TIMELOOM_SOURCE_DIR} + "/tests/fixtures/" + name;
}

nlohmann::json fixture_json(const std::string& name);

/// A tensor of internvl3/golden.safetensors.
const stored_tensor& golden(const std::string& name);

/// Its numbers, which must be of that type.
template <class T>
std::vector<T> numbers(const stored_tensor& tensor) {
  std::vector<T> values(tensor.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor.bytes.data(), values.size() * sizeof(T));
  return values;
}

} // namespace timeloom::tests
