#include "app/exit_code.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace timeloom;
using enum exit_code;

namespace {

exit_code of(std::vector<exit_code> videos) {
  return combine(videos);
}

} // namespace

TEST_CASE("one video's code is the program's") {
  for (const auto code : {done, wrong_use, partial, failed, interrupted})
    CHECK(of({code}) == code);
}

TEST_CASE("of several videos the worst code counts when none gave results") {
  CHECK(of({failed, wrong_use}) == failed);
  CHECK(of({wrong_use, wrong_use}) == wrong_use);
}

TEST_CASE("any result among failures makes the whole partial") {
  CHECK(of({done, failed}) == partial);
  CHECK(of({partial, wrong_use}) == partial);
  CHECK(of({done, partial, done}) == partial);
  CHECK(of({done, done}) == done);
}
