#include "tests/catch.hpp"
#include "tests/model_cache/toy_model.hpp"

#include <future>
#include <thread>

namespace timeloom {

namespace {

using namespace std::chrono_literals;

/// Returns once another thread moves `id` or waits for room for it.
void await_moving(const toy_cache& toys, const std::string& id) {
  while (toys.place(id) != model_place::moving)
    std::this_thread::yield();
}

} // namespace

TEST_CASE("a leased model is never evicted, through moves of its lease, until the last lease is returned") {
  toy_cache toys{10, 0, 1ms};
  toys.add("a", 10);
  toys.add("b", 10);
  std::optional<model_lease> first{toys.lease("a")};
  model_lease second = toys.lease("a");
  model_lease moved{std::move(second)};
  first.reset();
  CHECK_FALSE(toys.cache.lease("b"));
  CHECK(toys.places() == "a:device b:disk");
  { const model_lease last = std::move(moved); }
  toys.use("b");
  CHECK(toys.places() == "a:disk b:device");
}

TEST_CASE("a lease leads to what was registered") {
  toy_cache toys{10};
  const toy_model& a = toys.add("a", 10);
  CHECK(&toys.lease("a").backing() == &a);
  CHECK(toys.cache.lease("b").error() == error{errc::not_found, "no model b is in the cache"});
  CHECK(toys.cache.add("a", nullptr).error().code == errc::invalid_argument);
}

TEST_CASE("a lease that finds no room waits until one is returned") {
  toy_cache toys{10};
  toys.add("a", 10);
  toys.add("b", 10);
  std::optional<model_lease> held{toys.lease("a")};
  auto waiting = std::async(std::launch::async, [&] { return toys.cache.lease("b").has_value(); });
  await_moving(toys, "b");
  CHECK(toys.places() == "a:device b:moving");
  held.reset();
  CHECK(waiting.get());
  CHECK(toys.places() == "a:disk b:device");
}

TEST_CASE("waiting ends with the sizes and with everything as it was") {
  toy_cache toys{3 << 20, 0, 1ms};
  toys.add("a", 2 << 20);
  toys.add("b", 2 << 20);
  REQUIRE(toys.cache.pin("a"));
  toys.use("b");
  toys.make_free(3 << 20);
  const auto held = toys.lease("b");
  const auto refused = toys.cache.lease("a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error() == error{errc::exhausted, "model a: 2.0 MiB do not fit the 1.0 MiB that are free of 3.0 MiB, "
                                                  "weights 2.0 MiB; b holds 2.0 MiB (leases: 1); waited 1 ms"});
  CHECK(toys.places() == "a:disk b:device");
  CHECK(toys.world.device_bytes() == 2 << 20);
  CHECK(toys.cache.ledger().charged_bytes() == 2 << 20);
}

TEST_CASE("a model goes for another's workspace, and its own never does") {
  toy_cache toys{30, 0, 1ms};
  toys.add("a", 10);
  toys.add("b", 10);
  toys.use("a b");
  {
    const auto alone = toys.cache.lease("a", 20);
    REQUIRE(alone);
    CHECK(toys.places() == "a:device b:disk");
    CHECK(toys.cache.ledger().charged_bytes(memory_kind::workspace) == 20);
    CHECK_FALSE(toys.cache.lease("b", 1));
  }
  CHECK(toys.cache.ledger().charged_bytes(memory_kind::workspace) == 0);
  const auto refused = toys.cache.lease("a", 21);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::exhausted);
  CHECK(toys.cache.lease("a", 20));
}

TEST_CASE("requests for models and workspace that do not fit together are all served in turn") {
  toy_cache toys{30, 0};
  for (const auto* id : {"a", "b", "c"})
    toys.add(id, 10);
  std::vector<std::future<int>> threads;
  for (const std::string id : {"a", "b", "c", "a"})
    threads.push_back(std::async(std::launch::async, [&toys, id] {
      int served = 0;
      for (int round = 0; round < 200; ++round)
        served += toys.cache.lease(id, 11 + round % 10).has_value() ? 1 : 0;
      return served;
    }));
  for (auto& thread : threads)
    CHECK(thread.get() == 200);
  CHECK(toys.cache.ledger().charged_bytes(memory_kind::workspace) == 0);
  CHECK(toys.world.peak_device_bytes() <= 30);
}

TEST_CASE("what can never fit is refused at once") {
  toy_cache toys{20, 0, std::chrono::hours{1}};
  toys.add("large", 21);
  toys.add("a", 10);
  toys.use("a");
  CHECK(toys.cache.lease("large").error().code == errc::exhausted);
  CHECK(toys.cache.reserve(memory_kind::kv, 21).error().code == errc::exhausted);
  CHECK(toys.places() == "a:device large:disk");
}

TEST_CASE("a reservation takes room as a model does, for as long as it lives") {
  toy_cache toys{20, 0, 1ms};
  toys.add("a", 10);
  toys.add("b", 10);
  toys.use("a b");
  {
    auto workspace = toys.cache.reserve(memory_kind::workspace, 5);
    REQUIRE(workspace);
    CHECK(toys.places() == "a:disk b:device");
    CHECK(toys.cache.ledger().charged_bytes(memory_kind::workspace) == 5);
    const auto moved = std::move(*workspace);
    const auto held = toys.lease("b");
    CHECK_FALSE(toys.cache.lease("a"));
  }
  CHECK(toys.cache.ledger().charged_bytes(memory_kind::workspace) == 0);
  toys.use("a");
  CHECK(toys.places() == "a:device b:device");
}

TEST_CASE("a returned reservation wakes who waits for room") {
  toy_cache toys{10};
  toys.add("a", 10);
  auto workspace = toys.cache.reserve(memory_kind::workspace, 1);
  REQUIRE(workspace);
  auto waiting = std::async(std::launch::async, [&] { return toys.cache.lease("a").has_value(); });
  await_moving(toys, "a");
  workspace = fail(errc::cancelled, "given back");
  CHECK(waiting.get());
}

TEST_CASE("threads that lease the same model load it once") {
  toy_cache toys{10};
  toy_model& a = toys.add("a", 10);
  std::atomic<int> here = 0;
  a.while_loading = [&] {
    while (here < 4)
      std::this_thread::yield();
  };
  std::vector<std::future<bool>> all;
  for (int i = 0; i < 4; ++i)
    all.push_back(std::async(std::launch::async, [&] {
      ++here;
      return toys.cache.lease("a").has_value();
    }));
  for (auto& each : all)
    CHECK(each.get());
  CHECK(a.loads == 1);
  CHECK(toys.cache.statistics().loads.count == 1);
  CHECK_FALSE(a.overlapped);
}

TEST_CASE("while one model loads, others are leased, loaded and given back") {
  toy_cache toys{30};
  toys.add("a", 10);
  toys.add("b", 10);
  toys.use("b");
  toys.add("c", 10).while_loading = [&] {
    // Within the load, from another thread: would not come back if the cache were locked.
    std::async(std::launch::async, [&] { toys.use("a b"); }).get();
  };
  toys.use("c");
  CHECK(toys.places() == "a:device b:device c:device");
}

TEST_CASE("a waiting thread tries for itself when the load it waited for fails") {
  toy_cache toys{10};
  toy_model& a = toys.add("a", 10);
  a.load_failure = error{errc::io, "no such file"};
  std::atomic<bool> second_here = false;
  a.while_loading = [&] {
    while (!second_here)
      std::this_thread::yield();
  };
  auto first = std::async(std::launch::async, [&] { return toys.cache.lease("a").has_value(); });
  await_moving(toys, "a");
  auto second = std::async(std::launch::async, [&] {
    second_here = true;
    return toys.cache.lease("a").has_value();
  });
  CHECK_FALSE(first.get());
  CHECK(second.get());
}

TEST_CASE("many threads with many models keep to the budgets and lose no byte") {
  toy_cache toys{50, 40};
  std::vector<toy_model*> models;
  for (int i = 0; i < 8; ++i)
    models.push_back(&toys.add(std::string(1, static_cast<char>('a' + i)), 10 + i));
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (unsigned i = 0, state = t + 1; i < 200; ++i) {
        state = state * 1664525 + 1013904223; // Numerical Recipes' generator
        if (i % 16 == 0)
          toys.make_free(20);
        // One lease at a time: at most 4 * 17 - 50 bytes short, for which the others are waited.
        if (!toys.cache.lease(std::string(1, static_cast<char>('a' + (state >> 16) % 8))))
          ++failures;
      }
    });
  for (auto& each : threads)
    each.join();
  CHECK(failures == 0);
  CHECK(toys.world.peak_device_bytes() <= 50);
  CHECK(toys.cache.ledger().charged_bytes() == toys.world.device_bytes());
  CHECK(toys.cache.host_bytes() == toys.world.host_bytes());
  CHECK(toys.cache.host_bytes() <= 40);
  for (const toy_model* each : models)
    CHECK_FALSE(each->overlapped);
  const auto counted = toys.cache.statistics();
  CHECK(counted.hits.count + counted.misses.count == 800);
  CHECK(counted.corrupt_restores.count == 0);
}

} // namespace timeloom
