#include "serving/byte_range.hpp"

#include "tests/catch.hpp"

namespace timeloom {

TEST_CASE("a range is what RFC 9110 says of it") {
  CHECK(range_of("bytes=0-0", 10) == range_answer{byte_range{0, 1}});
  CHECK(range_of("bytes=2-5", 10) == range_answer{byte_range{2, 4}});
  CHECK(range_of("bytes=2-", 10) == range_answer{byte_range{2, 8}});
  CHECK(range_of("bytes=2-99999", 10) == range_answer{byte_range{2, 8}});
  CHECK(range_of("bytes=-3", 10) == range_answer{byte_range{7, 3}});
  CHECK(range_of("bytes=-99", 10) == range_answer{byte_range{0, 10}});
  CHECK(range_of("bytes=9223372036854775806-9223372036854775807", 10) == range_answer{no_such_range{}});
}

TEST_CASE("what lies behind the end does not exist") {
  for (const auto* header : {"bytes=10-", "bytes=10-12", "bytes=-0"})
    CHECK(range_of(header, 10) == range_answer{no_such_range{}});
  CHECK(range_of("bytes=0-", 0) == range_answer{no_such_range{}});
  CHECK(range_of("bytes=-1", 0) == range_answer{no_such_range{}});
}

TEST_CASE("what is no single range of bytes is not looked at") {
  for (const auto* header : {"", "bytes", "bytes=", "bytes=-", "bytes=5-2", "bytes=0-1,3-4", "items=0-1", "bytes=a-b",
                             "bytes=1-b", "bytes=--1", "bytes=99999999999999999999-", "bytes= 1-2"})
    CHECK(range_of(header, 10) == range_answer{whole_content{}});
}

} // namespace timeloom
