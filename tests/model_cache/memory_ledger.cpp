#include "model_cache/memory_ledger.hpp"

#include "tests/catch.hpp"

#include <limits>

using namespace timeloom;

namespace {

constexpr std::int64_t mib = std::int64_t{1} << 20;

} // namespace

TEST_CASE("charges are kept by kind and add up") {
  memory_ledger ledger{1000};
  REQUIRE(ledger.charge(memory_kind::weights, 400));
  REQUIRE(ledger.charge(memory_kind::workspace, 100));
  REQUIRE(ledger.charge(memory_kind::kv, 50));
  REQUIRE(ledger.charge(memory_kind::context, 200));
  REQUIRE(ledger.charge(memory_kind::weights, 1));
  CHECK(ledger.charged_bytes(memory_kind::weights) == 401);
  CHECK(ledger.charged_bytes() == 751);
  CHECK(ledger.free_bytes() == 249);
  ledger.release(memory_kind::weights, 401);
  CHECK(ledger.charged_bytes(memory_kind::weights) == 0);
  CHECK(ledger.free_bytes() == 650);
}

TEST_CASE("charges never exceed the budget, and a refused one changes nothing") {
  memory_ledger ledger{100};
  CHECK(ledger.charge(memory_kind::weights, 100));
  CHECK(ledger.admit(0));
  CHECK_FALSE(ledger.charge(memory_kind::kv, 1));
  ledger.release(memory_kind::weights, 40);
  CHECK(ledger.admit(40));
  CHECK_FALSE(ledger.admit(41));
  CHECK_FALSE(ledger.charge(memory_kind::kv, std::numeric_limits<std::int64_t>::max()));
  CHECK(ledger.charge(memory_kind::kv, -1).error().code == errc::invalid_argument);
  CHECK(ledger.charged_bytes() == 60);
}

TEST_CASE("what was measured beyond the charges counts in admission until it is measured again") {
  memory_ledger ledger{1000};
  REQUIRE(ledger.charge(memory_kind::weights, 300));
  ledger.reconcile(450);
  CHECK(ledger.unaccounted_bytes() == 150);
  CHECK(ledger.free_bytes() == 550);
  CHECK_FALSE(ledger.admit(551));
  ledger.reconcile(200); // less than was promised: the promise stays
  CHECK(ledger.unaccounted_bytes() == 0);
  CHECK(ledger.free_bytes() == 700);
  ledger.reconcile(1200);
  CHECK(ledger.free_bytes() == -200);
  CHECK(ledger.charged_bytes() == 300);
}

TEST_CASE("a refusal names every size in units that people read") {
  memory_ledger ledger{2048 * mib};
  REQUIRE(ledger.charge(memory_kind::weights, 1536 * mib));
  REQUIRE(ledger.charge(memory_kind::context, 200 * mib));
  ledger.reconcile(1746 * mib);
  const auto refused = ledger.charge(memory_kind::workspace, 512 * mib);
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == error{errc::exhausted, "512.0 MiB do not fit the 302.0 MiB that are free of 2.0 GiB, "
                                                  "weights 1.5 GiB, context 200.0 MiB, unaccounted 10.0 MiB"});
}
