#include "core/bounded_queue.hpp"

#include "tests/catch.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace timeloom {

TEST_CASE("items come out in the order in which they went in") {
  bounded_queue<std::unique_ptr<int>> queue{3};
  for (const int i : {1, 2, 3})
    CHECK(queue.push(std::make_unique<int>(i)));
  for (const int i : {1, 2, 3})
    CHECK(**queue.pop() == i);
}

TEST_CASE("a queue never holds more than its capacity") {
  bounded_queue<int> queue{2};
  std::atomic<int> pushed = 0;
  std::thread producer{[&] {
    for (int i = 0; i < 500; ++i) {
      queue.push(i);
      ++pushed;
    }
    queue.close();
  }};
  int popped = 0;
  bool in_order = true, bounded = true;
  while (const auto item = queue.pop()) {
    in_order = in_order && *item == popped++;
    bounded = bounded && pushed <= popped + 2;
  }
  producer.join();
  CHECK(popped == 500);
  CHECK(in_order);
  CHECK(bounded);
}

TEST_CASE("closing wakes who waits for room and drops what it brought") {
  bounded_queue<std::shared_ptr<int>> queue{1};
  const auto item = std::make_shared<int>(1);
  REQUIRE(queue.push(item));
  bool accepted = true;
  std::thread producer{[&] { accepted = queue.push(item); }};
  queue.close();
  producer.join();
  CHECK_FALSE(accepted);
  CHECK(item.use_count() == 2);
  CHECK(queue.pop());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("closing wakes who waits for an item") {
  bounded_queue<int> queue{1};
  std::atomic<bool> empty = false;
  std::thread consumer{[&] { empty = !queue.pop(); }};
  queue.close();
  consumer.join();
  CHECK(empty);
  CHECK_FALSE(queue.push(1));
}

} // namespace timeloom
