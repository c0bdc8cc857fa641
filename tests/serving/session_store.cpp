#include "serving/session_store.hpp"

#include "tests/catch.hpp"

namespace timeloom {

using namespace std::chrono_literals;

TEST_CASE("a session lasts while it is used") {
  session_store sessions{60s, 4};
  const session_store::clock::time_point start{};
  const auto id = sessions.open(start);
  CHECK(id.size() == 64);
  CHECK(sessions.good(id, start + 59s));
  CHECK(sessions.good(id, start + 118s));
  CHECK_FALSE(sessions.good(id, start + 178s));
  CHECK_FALSE(sessions.good("", start));
  CHECK_FALSE(sessions.good(std::string(64, '0'), start));
}

TEST_CASE("of too many sessions the one that was used least recently goes") {
  session_store sessions{60s, 2};
  const session_store::clock::time_point start{};
  const auto first = sessions.open(start), second = sessions.open(start + 1s);
  CHECK(sessions.good(first, start + 2s));
  const auto third = sessions.open(start + 3s);
  CHECK(sessions.good(first, start + 4s));
  CHECK_FALSE(sessions.good(second, start + 4s));
  CHECK(sessions.good(third, start + 4s));
}

TEST_CASE("a closed session is over") {
  session_store sessions{60s, 2};
  const auto id = sessions.open({});
  sessions.close(id);
  CHECK_FALSE(sessions.good(id, {}));
}

TEST_CASE("wrong tokens are too many after some in a minute, and few again after it") {
  wrong_token_count wrong{2};
  const wrong_token_count::clock::time_point start{1h};
  CHECK_FALSE(wrong.add(start));
  CHECK_FALSE(wrong.add(start + 1s));
  CHECK(wrong.add(start + 2s));
  CHECK(wrong.add(start + 59s));
  CHECK_FALSE(wrong.add(start + 60s));
}

} // namespace timeloom
