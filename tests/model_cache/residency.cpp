#include "tests/catch.hpp"
#include "tests/model_cache/toy_model.hpp"

namespace timeloom {

TEST_CASE("an offloaded model comes back from the host, not from disk") {
  toy_cache toys{10, 20};
  const toy_model& a = toys.add("a", 10);
  toys.add("b", 10);
  toys.use("a b a");
  CHECK(toys.places() == "a:device b:host");
  CHECK(a.loads == 1);
  CHECK(toys.world.device_bytes() == 10);
  CHECK(toys.world.host_bytes() == 20);
}

TEST_CASE("weights that come back wrong are loaded from disk again") {
  toy_cache toys{10, 10};
  toy_model& a = toys.add("a", 10);
  toys.use("a");
  toys.make_free(10);
  a.damage_host_copy();
  const auto right = [&] {
    const auto held = toys.lease("a");
    return a.check_value();
  };
  const auto after = right();
  CHECK(a.loads == 2);
  CHECK(toys.world.host_bytes() == 0);
  CHECK(toys.cache.host_bytes() == 0);
  CHECK(toys.cache.ledger().charged_bytes() == 10);
  const auto counted = toys.cache.statistics();
  CHECK(counted.corrupt_restores == tally{1, 10, 1});
  CHECK(counted.restores == tally{});
  CHECK(counted.loads.count == 2);
  toys.make_free(10);
  CHECK(right() == after);
  CHECK(toys.cache.statistics().restores.count == 1);
}

TEST_CASE("a model whose offload fails is dropped, counted and loaded again") {
  toy_cache toys{10, 10};
  toy_model& a = toys.add("a", 10);
  toys.use("a");
  a.offload_failure = error{errc::exhausted, "no pinned memory"};
  toys.make_free(10);
  CHECK(toys.places() == "a:disk");
  CHECK(toys.cache.host_bytes() == 0);
  CHECK(toys.cache.statistics().failed_offloads.count == 1);
  CHECK(toys.cache.statistics().offloads.count == 0);
  toys.use("a");
  CHECK(a.loads == 2);
}

TEST_CASE("a load that fails leaves nothing charged, and the next may succeed") {
  toy_cache toys{10};
  toys.add("a", 10).load_failure = error{errc::io, "cannot read a.pt"};
  CHECK(toys.cache.lease("a").error() == error{errc::io, "model a: cannot read a.pt"});
  CHECK(toys.places() == "a:disk");
  CHECK(toys.cache.ledger().charged_bytes() == 0);
  toys.use("a");
}

TEST_CASE("a restore for which the device has no memory keeps the host's copy, any other failure drops it") {
  toy_cache toys{10, 10};
  toy_model& a = toys.add("a", 10);
  toys.use("a");
  toys.make_free(10);
  a.restore_failure = error{errc::exhausted, "out of memory"};
  CHECK(toys.cache.lease("a").error().code == errc::exhausted);
  CHECK(toys.places() == "a:host");
  CHECK(toys.cache.ledger().charged_bytes() == 0);
  a.restore_failure = error{errc::io, "device lost"};
  CHECK(toys.cache.lease("a").error().code == errc::io);
  CHECK(toys.places() == "a:disk");
  CHECK(toys.cache.host_bytes() == 0);
  CHECK(toys.world.host_bytes() == 0);
  toys.use("a");
  CHECK(a.loads == 2);
}

TEST_CASE("a model smaller than expected frees the rest") {
  toy_cache toys{20};
  toys.add("a", 10).expected_bytes = 15;
  toys.add("b", 10);
  toys.use("a b");
  CHECK(toys.places() == "a:device b:device");
  CHECK(toys.cache.ledger().free_bytes() == 0);
}

TEST_CASE("a model larger than expected evicts what is idle") {
  toy_cache toys{20};
  toys.add("a", 10);
  toys.add("b", 15).expected_bytes = 10;
  toys.use("a b");
  CHECK(toys.places() == "a:disk b:device");
  CHECK(toys.cache.ledger().charged_bytes() == 15);
}

TEST_CASE("a model larger than expected leaves the device again when the rest is in use") {
  toy_cache toys{20, 0, std::chrono::milliseconds{1}};
  toys.add("a", 10);
  toy_model& b = toys.add("b", 15);
  b.expected_bytes = 10;
  {
    const auto held = toys.lease("a");
    CHECK(toys.cache.lease("b").error().code == errc::exhausted);
    CHECK(toys.places() == "a:device b:disk");
    CHECK(toys.world.device_bytes() == 10);
    CHECK(toys.cache.ledger().charged_bytes() == 10);
    // What was measured is expected from now on.
    CHECK(toys.cache.lease("b").error().code == errc::exhausted);
    CHECK(b.loads == 1);
  }
  toys.use("b");
  CHECK(toys.places() == "a:disk b:device");
}

TEST_CASE("two hundred rounds of load, offload and restore leave every count where it began") {
  toy_cache toys{20, 10};
  for (const char* id : {"a", "b", "c"})
    toys.add(id, 10);
  const auto counts = [&] {
    return std::vector{toys.world.device_bytes(), toys.world.host_bytes(), toys.cache.ledger().charged_bytes(),
                       toys.cache.host_bytes(), toys.cache.ledger().free_bytes()};
  };
  toys.use("a b c a b c");
  const auto before = counts();
  for (int round = 0; round < 200; ++round) {
    toys.use("a b c a b c");
    CHECK(counts() == before);
  }
  const auto counted = toys.cache.statistics();
  CHECK(counted.restores.count + counted.loads.count > 200);
  CHECK(counted.offloads.count >= counted.restores.count);
}

TEST_CASE("statistics count what happened, its bytes and its seconds") {
  toy_cache toys{30, 20};
  toys.add("a", 10, 4, 2);
  toys.add("b", 20, 8, 3);
  toys.add("c", 30, 16, 5);
  toys.use("a a b");
  auto counted = toys.cache.statistics();
  CHECK(counted.hits == tally{1, 10, 0});
  CHECK(counted.misses == tally{2, 30, 12});
  CHECK(counted.loads == tally{2, 30, 12});
  CHECK(counted.evictions == tally{});

  toys.use("c"); // a, then b is offloaded, for which a's copy goes
  counted = toys.cache.statistics();
  CHECK(counted.evictions == tally{2, 30, 0.5});
  CHECK(counted.offloads == tally{2, 30, 0.5});
  CHECK(counted.misses == tally{3, 60, 28.5});

  toys.use("b"); // c fits the host no more than before
  counted = toys.cache.statistics();
  CHECK(counted.evictions == tally{3, 60, 0.5});
  CHECK(counted.offloads.count == 2);
  CHECK(counted.restores == tally{1, 20, 3});
  CHECK(counted.loads == tally{3, 60, 28});
  CHECK(counted.misses == tally{4, 80, 31.5});
  CHECK(counted.hits.count == 1);
}

TEST_CASE("a copy that was made ahead makes the eviction quick") {
  toy_cache toys{15, 10};
  toys.add("a", 10);
  toys.add("b", 10);
  {
    const auto held = toys.lease("a");
    toys.cache.copy_ahead(held);
    toys.cache.copy_ahead(held); // nothing more
    CHECK(toys.world.host_bytes() == 10);
  }
  CHECK(toys.cache.statistics().offloads == tally{1, 10, 0.25});
  toys.use("b");
  CHECK(toys.places() == "a:host b:device");
  CHECK(toys.cache.statistics().evictions == tally{1, 10, 0});
  toys.use("a");
  CHECK(toys.cache.statistics().restores.count == 1);
  CHECK(toys.cache.host_bytes() == 10);
}

TEST_CASE("no copy is made ahead where all models fit, or the host has no room") {
  toy_cache roomy{20, 10};
  roomy.add("a", 10);
  roomy.add("b", 10);
  roomy.cache.copy_ahead(roomy.lease("a"));
  CHECK(roomy.world.host_bytes() == 0);
  toy_cache narrow{10, 15};
  narrow.add("a", 10);
  narrow.add("b", 10);
  narrow.use("a b");
  narrow.cache.copy_ahead(narrow.lease("b"));
  CHECK(narrow.world.host_bytes() == 10);
  CHECK(narrow.cache.host_bytes() == 10);
}

TEST_CASE("a copy that could not be made ahead is not there") {
  toy_cache toys{10, 10};
  toys.add("a", 10).offload_failure = error{errc::exhausted, "no pinned memory"};
  toys.add("b", 10);
  toys.cache.copy_ahead(toys.lease("a"));
  CHECK(toys.cache.host_bytes() == 0);
  CHECK(toys.cache.statistics().failed_offloads.count == 1);
  toys.use("b");
  CHECK(toys.places() == "a:host b:device");
}

} // namespace timeloom
