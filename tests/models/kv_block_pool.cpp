#include "models/qwen2_lm/kv_block_pool.hpp"

#include "models/qwen2_lm/prefix_digests.hpp"
#include "tests/catch.hpp"

namespace timeloom {

TEST_CASE("a pool gives each block to one user until it comes back") {
  kv_block_pool pool{3};
  const auto a = pool.take();
  const auto b = pool.take();
  const auto c = pool.take();
  REQUIRE((a && b && c));
  CHECK((*a != *b && *b != *c && *a != *c));
  CHECK_FALSE(pool.take());
  CHECK(pool.used() == 3);
  pool.give_back(*b);
  CHECK(pool.available() == 1);
  CHECK(pool.take() == b);
}

TEST_CASE("a block with known content is shared while it is used, and found after that") {
  kv_block_pool pool{2};
  const auto a = *pool.take();
  CHECK_FALSE(pool.find("x"));
  pool.publish(a, "x");
  CHECK(pool.find("x") == a);
  CHECK(pool.used() == 1);
  pool.give_back(a);
  CHECK(pool.used() == 1); // one of two users is left
  pool.give_back(a);
  CHECK(pool.used() == 0);
  CHECK(pool.find("x") == a);
  CHECK(pool.used() == 1);
}

TEST_CASE("what was left first makes room first, and is found no more") {
  kv_block_pool pool{3};
  const auto a = *pool.take();
  const auto b = *pool.take();
  pool.publish(a, "a");
  pool.publish(b, "b");
  pool.give_back(b);
  pool.give_back(a);
  CHECK(pool.take()); // the one that was never used
  CHECK(pool.take() == b);
  CHECK_FALSE(pool.find("b"));
  CHECK(pool.find("a") == a);
  CHECK_FALSE(pool.take());
}

TEST_CASE("the same content is known once") {
  kv_block_pool pool{2};
  const auto a = *pool.take();
  const auto b = *pool.take();
  pool.publish(a, "x");
  pool.publish(b, "x");
  CHECK(pool.find("x") == a);
  pool.give_back(b); // nothing to find in it
  CHECK(pool.take() == b);
}

TEST_CASE("digests tell prompts apart from the first block on that differs") {
  const std::vector<token_id> tokens{1, 2, 3, 4, 5, 6, 7, 8, 9};
  auto other = tokens;
  other[4] = 50;
  const auto a = prefix_digests(tokens, {}, 2);
  const auto b = prefix_digests(other, {}, 2);
  REQUIRE(a.size() == 4); // the ninth token fills no block
  CHECK((a[0] == b[0] && a[1] == b[1] && a[2] != b[2] && a[3] != b[3]));
}

TEST_CASE("the same image tokens of another picture have another digest, wherever the picture ends") {
  const std::vector<token_id> tokens{1, 9, 9, 9, 9, 9, 2, 2};
  const std::vector<picture_span> red{{1, 5, "red"}};
  const std::vector<picture_span> blue{{1, 5, "blue"}};
  const std::vector<picture_span> two{{1, 2, "red"}, {3, 3, "blue"}};
  const auto a = prefix_digests(tokens, red, 2);
  const auto b = prefix_digests(tokens, blue, 2);
  const auto c = prefix_digests(tokens, two, 2);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(a[i] != b[i]);
    CHECK((a[i] == c[i]) == (i == 0));
  }
}

} // namespace timeloom
