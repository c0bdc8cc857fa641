#include "rendering/drawings.hpp"

#include "analyzers/catalog.hpp"
#include "tests/catch.hpp"

#include <algorithm>

using namespace timeloom;

TEST_CASE("every analyzer draws itself") {
  CHECK(drawings().size() == analyzer_catalog().size());
  for (const auto& one : analyzer_catalog())
    CHECK(std::ranges::count(drawings(), one.id, &drawing::analyzer) == 1);
}
