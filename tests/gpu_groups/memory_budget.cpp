#include "gpu_groups/memory_budget.hpp"

#include "tests/catch.hpp"

namespace timeloom {

TEST_CASE("a budget is read as bytes or as a share") {
  CHECK(parse_memory_budget("2 GiB") == memory_budget{budget_in_bytes{2147483648}});
  CHECK(parse_memory_budget("500 MB") == memory_budget{budget_in_bytes{500000000}});
  CHECK(parse_memory_budget("1.5gib") == memory_budget{budget_in_bytes{1610612736}});
  CHECK(parse_memory_budget("1 tb") == memory_budget{budget_in_bytes{1000000000000}});
  CHECK(parse_memory_budget("7B") == memory_budget{budget_in_bytes{7}});
  CHECK(parse_memory_budget("0.45") == memory_budget{budget_as_share{0.45}});
  CHECK(parse_memory_budget("1") == memory_budget{budget_as_share{1}});
}

TEST_CASE("what is no budget is refused, with its text") {
  for (const auto* text : {"", " ", "GiB", "0", "-1 GiB", "0 MB", "2", "1.01", "2 Gb/s", "2 GiB ", "0.5 ", "nan", "inf",
                           "1e400", "0.1 B", "9999999 TiB", "half", "1,5 GiB"}) {
    CAPTURE(text);
    const auto budget = parse_memory_budget(text);
    REQUIRE_FALSE(budget);
    CHECK(budget.error().code == errc::invalid_config);
    CHECK(budget.error().message.find(fmt::format("\"{}\"", text)) != std::string::npos);
  }
}

TEST_CASE("a share is of the device's total") {
  CHECK(to_bytes(budget_as_share{0.25}, 1001) == 250);
  CHECK(to_bytes(budget_in_bytes{77}, 1001) == 77);
}

} // namespace timeloom
