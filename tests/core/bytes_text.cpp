#include "core/bytes_text.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("sizes have the unit that fits, and one decimal") {
  constexpr std::int64_t mib = 1 << 20;
  CHECK(bytes_text(0) == "0 B");
  CHECK(bytes_text(1023) == "1023 B");
  CHECK(bytes_text(1024) == "1.0 KiB");
  CHECK(bytes_text(1536 * 1024) == "1.5 MiB");
  CHECK(bytes_text(-2 * mib) == "-2.0 MiB");
  CHECK(bytes_text(140 * 1024 * mib) == "140.0 GiB");
  CHECK(bytes_text(mib * 1024 * 1024 * 3000) == "3000.0 TiB");
}

TEST_CASE("what is there can be rounded down and what is wanted up") {
  constexpr std::int64_t gib = 1 << 30;
  CHECK(bytes_text(2 * gib - 1, rounding::down) == "1.9 GiB");
  CHECK(bytes_text(2 * gib + 1, rounding::up) == "2.1 GiB");
  CHECK(bytes_text(2 * gib, rounding::down) == "2.0 GiB");
  CHECK(bytes_text(2 * gib, rounding::up) == "2.0 GiB");
}
