#include "core/error.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("every error code has a name of its own that leads back to it") {
  for (int code = static_cast<int>(errc::invalid_argument); code <= static_cast<int>(errc::internal); ++code)
    CHECK(errc_from_string(to_string(static_cast<errc>(code))) == static_cast<errc>(code));
}

TEST_CASE("a failure carries its sentence") {
  expected<int> result = fail(errc::io, "cannot open {}: {}", "a.mp4", errno_text(2));
  REQUIRE_FALSE(result);
  CHECK(result.error().code == errc::io);
  CHECK(result.error().message == "cannot open a.mp4: No such file or directory");
}
