#include "tests/catch.hpp"
#include "tests/model_cache/toy_model.hpp"

namespace timeloom {

TEST_CASE("models of equal cost and size leave in the order of their last use") {
  toy_cache toys{30};
  for (const char* id : {"a", "b", "c", "d", "e"})
    toys.add(id, 10);
  toys.use("a b c a");
  CHECK(toys.places() == "a:device b:device c:device d:disk e:disk");
  toys.use("d");
  CHECK(toys.places() == "a:device b:disk c:device d:device e:disk");
  toys.use("e");
  CHECK(toys.places() == "a:device b:disk c:disk d:device e:device");
}

TEST_CASE("a model that is dear to load again survives until the clock overtakes it") {
  toy_cache toys{30};
  toys.add("a", 10, 20); // 20 s / 10 bytes = 2
  toys.add("b", 10, 5);  // 0.5
  toys.add("c", 10, 10); // 1
  toys.add("d", 10, 1);  // 0.1
  toys.add("e", 10, 4);  // 0.4
  toys.use("a b c");
  toys.use("d"); // b leaves, the clock is 0.5, d has 0.6
  CHECK(toys.places() == "a:device b:disk c:device d:device e:disk");
  toys.use("e"); // d leaves though it was used last, the clock is 0.6, e has 1.0 as c has, which is older
  CHECK(toys.places() == "a:device b:disk c:device d:disk e:device");
  toys.use("b"); // c leaves, the clock is 1, b has 1.5
  CHECK(toys.places() == "a:device b:device c:disk d:disk e:device");
  toys.use("e"); // a hit: 1.4
  toys.use("c"); // e leaves, the clock is 1.4, c has 2.4
  CHECK(toys.places() == "a:device b:device c:device d:disk e:disk");
  toys.use("d"); // b leaves, the clock is 1.5, d has 1.6
  toys.use("b"); // d leaves, the clock is 1.6, b has 2.1
  CHECK(toys.places() == "a:device b:device c:device d:disk e:disk");
  toys.use("e"); // a, with 2, is least at last
  CHECK(toys.places() == "a:disk b:device c:device d:disk e:device");
}

TEST_CASE("of models that load in the same time the larger leaves first") {
  toy_cache toys{30};
  toys.add("large", 20, 10);
  toys.add("small", 10, 10);
  toys.add("third", 5, 1);
  toys.use("small large third");
  CHECK(toys.places() == "large:disk small:device third:device");
}

TEST_CASE("the cost is what the last return to the device took") {
  toy_cache toys{20, 100};
  toys.add("a", 10, 100, 1); // dear from disk, cheap from the host
  toys.add("b", 10, 5, 5);
  toys.add("c", 20);
  toys.use("a b c"); // both to the host
  CHECK(toys.places() == "a:host b:host c:device");
  toys.use("a b");
  toys.add("d", 10);
  toys.use("d");
  CHECK(toys.places() == "a:host b:device c:host d:device");
}

TEST_CASE("a pinned model is never evicted") {
  toy_cache toys{20};
  toys.add("a", 10);
  toys.add("b", 10);
  toys.add("c", 10);
  toys.add("d", 20);
  REQUIRE(toys.cache.pin("a"));
  CHECK(toys.places() == "a:disk b:disk c:disk d:disk");
  toys.use("a b c");
  CHECK(toys.places() == "a:device b:disk c:device d:disk");
  CHECK_FALSE(toys.cache.lease("d")); // at once: pins stay
  CHECK(toys.cache.pin("x").error().code == errc::not_found);
}

TEST_CASE("nothing is evicted for a model that cannot fit all the same") {
  toy_cache toys{30, 0, std::chrono::milliseconds{1}};
  toys.add("a", 10);
  toys.add("b", 10);
  toys.add("c", 30);
  toys.use("a");
  const auto held = toys.lease("b");
  CHECK_FALSE(toys.cache.lease("c"));
  CHECK(toys.places() == "a:device b:device c:disk");
}

TEST_CASE("evicted models go to the host, where the oldest copies make room") {
  toy_cache toys{10, 20};
  for (const char* id : {"a", "b", "c", "d"})
    toys.add(id, 10);
  toys.use("a b c");
  CHECK(toys.places() == "a:host b:host c:device d:disk");
  CHECK(toys.cache.host_bytes() == 20);
  toys.use("d");
  CHECK(toys.places() == "a:disk b:host c:host d:device");
  toys.use("b"); // d is offloaded while b's copy is in use, so c's goes
  CHECK(toys.places() == "a:disk b:device c:disk d:host");
  CHECK(toys.cache.host_bytes() == 20);
  CHECK(toys.world.host_bytes() == 20);
}

TEST_CASE("a model larger than the host's budget is dropped and leaves the copies there alone") {
  toy_cache toys{30, 20};
  toys.add("a", 10);
  toys.add("large", 21);
  toys.add("b", 30);
  toys.use("a large");
  CHECK(toys.places() == "a:host b:disk large:device");
  toys.use("b");
  CHECK(toys.places() == "a:host b:device large:disk");
  CHECK(toys.world.host_bytes() == 10);
}

TEST_CASE("a model that is leased alone has the device to itself") {
  toy_cache toys{40, 100};
  for (const char* id : {"a", "b", "c"})
    toys.add(id, 10);
  toys.use("a b c");
  {
    const auto alone = toys.cache.lease_alone("b");
    REQUIRE(alone);
    CHECK(toys.places() == "a:host b:device c:host");
    CHECK(toys.cache.ledger().free_bytes() == 0);
  }
  toys.use("a");
  CHECK(toys.places() == "a:device b:device c:host");
}

TEST_CASE("a copy on the host serves every later eviction, and goes for a newer one") {
  toy_cache toys{10, 20};
  toy_model& a = toys.add("a", 10);
  toys.add("b", 10);
  toys.add("c", 10);
  toys.use("a b a");
  a.offload_failure = error{errc::io, "must not be called"};
  toys.use("b a b");
  CHECK(toys.places() == "a:host b:device c:disk");
  CHECK(toys.world.host_bytes() == 20);
  CHECK(toys.cache.statistics().offloads.count == 2);
  CHECK(toys.cache.statistics().evictions.count == 5);
  toys.use("c a"); // c goes to the host for a, whose copy is newer than b's
  CHECK(toys.places() == "a:device b:disk c:host");
  CHECK(toys.cache.host_bytes() == 20);
  CHECK(toys.world.host_bytes() == 20);
  CHECK(a.loads == 1);
}

TEST_CASE("memory that was measured but not booked takes the place of idle models") {
  toy_cache toys{40};
  for (const char* id : {"a", "b", "c"})
    toys.add(id, 10);
  toys.use("a b");
  toys.cache.reconcile([] { return 35; });
  toys.use("c");
  CHECK(toys.places() == "a:disk b:device c:device");
  CHECK(toys.cache.ledger().unaccounted_bytes() == 15);
  toys.cache.reconcile([] { return 20; });
  toys.use("a");
  CHECK(toys.places() == "a:device b:device c:device");
}

} // namespace timeloom
