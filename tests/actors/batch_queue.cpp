#include "actors/batch_queue.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <atomic>
#include <future>
#include <map>
#include <thread>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

using clock_type = std::chrono::steady_clock;

constexpr auto never = 1h; // longer than any test
constexpr auto soon = 10s; // that long only when something is broken
constexpr auto a_while = 30ms;

std::vector<queued_picture> pictures(std::uint64_t session, std::uint64_t first, std::uint64_t count) {
  std::vector<queued_picture> made;
  for (std::uint64_t number = first; number < first + count; ++number)
    made.push_back({session, number, {}, nullptr});
  return made;
}

std::vector<std::uint64_t> numbers(const std::optional<picture_batch_of_lane>& batch) {
  std::vector<std::uint64_t> all;
  REQUIRE(batch);
  for (const auto& picture : batch->pictures)
    all.push_back(picture.number);
  return all;
}

using list = std::vector<std::uint64_t>;

/// A `pop` on a thread of its own; what still waits at the end is ended by closing the queue.
class waiting_pop {
public:
  explicit waiting_pop(batch_queue& queue)
      : queue_(queue), batch_(std::async(std::launch::async, [&queue] { return queue.pop(); })) {}
  ~waiting_pop() { queue_.close(); }

  bool is_over(std::chrono::milliseconds patience) { return batch_.wait_for(patience) == std::future_status::ready; }
  std::optional<picture_batch_of_lane> batch() { return batch_.get(); }

private:
  batch_queue& queue_;
  std::future<std::optional<picture_batch_of_lane>> batch_;
};

} // namespace

TEST_CASE("a full lane goes at once") {
  batch_queue queue{{{4, never}}};
  waiting_pop pop{queue};
  queue.push(0, pictures(1, 0, 3));
  CHECK_FALSE(pop.is_over(a_while));
  queue.push(0, pictures(1, 3, 1));
  REQUIRE(pop.is_over(soon));
  CHECK(numbers(pop.batch()) == list{0, 1, 2, 3});
}

TEST_CASE("a lane that is not full goes when its oldest picture has waited long enough, and not before") {
  batch_queue queue{{{4, a_while}}};
  const auto first = clock_type::now();
  queue.push(0, pictures(1, 0, 1));
  std::this_thread::sleep_for(a_while / 2);
  queue.push(0, pictures(1, 1, 1));
  const auto second = clock_type::now();
  const auto batch = queue.pop();
  const auto popped = clock_type::now();
  CHECK(numbers(batch) == list{0, 1});
  CHECK(popped - first >= a_while);
  CHECK(popped - second < soon);
  CHECK(batch->pictures[0].waited >= a_while);
  CHECK(batch->pictures[0].waited <= popped - first);
  CHECK(batch->pictures[1].waited < batch->pictures[0].waited);
}

TEST_CASE("a batch holds no more than its lane allows, and the rest waits for its own time") {
  batch_queue queue{{{4, a_while}}};
  queue.push(0, pictures(1, 0, 10));
  const auto pushed = clock_type::now();
  CHECK(numbers(queue.pop()) == list{0, 1, 2, 3});
  CHECK(numbers(queue.pop()) == list{4, 5, 6, 7});
  CHECK(numbers(queue.pop()) == list{8, 9});
  CHECK(clock_type::now() - pushed >= a_while / 2); // `pushed` was taken a moment after the queue did
}

TEST_CASE("of several full lanes the one with the oldest picture goes first") {
  batch_queue queue{{{2, never}, {2, never}, {2, never}}};
  for (const std::size_t lane : {2, 0, 1}) {
    queue.push(lane, pictures(lane, 0, 2));
    std::this_thread::sleep_for(1ms);
  }
  CHECK(queue.pop()->lane == 2);
  CHECK(queue.pop()->lane == 0);
  CHECK(queue.pop()->lane == 1);
}

TEST_CASE("a full lane does not overtake one whose older picture has waited long enough") {
  batch_queue queue{{{2, a_while}, {2, never}}};
  queue.push(0, pictures(1, 0, 1));
  std::this_thread::sleep_for(1ms);
  queue.push(1, pictures(1, 0, 2));
  std::this_thread::sleep_for(a_while);
  CHECK(queue.pop()->lane == 0);
  CHECK(queue.pop()->lane == 1);
}

TEST_CASE("a full lane does not wait for one with an older picture that may still fill") {
  batch_queue queue{{{2, never}, {2, never}}};
  queue.push(0, pictures(1, 0, 1));
  std::this_thread::sleep_for(1ms);
  queue.push(1, pictures(1, 0, 2));
  CHECK(queue.pop()->lane == 1);
}

TEST_CASE("the pictures of several videos share a lane in the order in which they came") {
  batch_queue queue{{{6, never}}};
  for (std::uint64_t number = 0; number < 3; ++number)
    for (const std::uint64_t session : {7, 8})
      queue.push(0, pictures(session, number, 1));
  const auto batch = queue.pop();
  CHECK(numbers(batch) == list{0, 0, 1, 1, 2, 2});
  for (std::size_t i = 0; i < 6; ++i)
    CHECK(batch->pictures[i].session == 7 + i % 2);
}

TEST_CASE("a session that is forgotten leaves every lane, and nobody else does") {
  batch_queue queue{{{3, never}, {3, never}}};
  for (const std::size_t lane : {0, 1}) {
    queue.push(lane, pictures(7, 0, 2));
    queue.push(lane, pictures(8, 10, 2));
  }
  // They were full: without the forgotten ones they are not.
  queue.forget(7);
  waiting_pop pop{queue};
  CHECK_FALSE(pop.is_over(a_while));
  queue.push(1, pictures(9, 20, 1));
  REQUIRE(pop.is_over(soon));
  const auto batch = pop.batch();
  CHECK(batch->lane == 1);
  CHECK(numbers(batch) == list{10, 11, 20});
}

TEST_CASE("a forgotten session's memory is let go") {
  batch_queue queue{{{4, never}}};
  const auto ring = std::make_shared<const frame_ring>();
  queue.push(0, {{7, 0, {}, ring}});
  CHECK(ring.use_count() == 2);
  queue.forget(7);
  CHECK(ring.use_count() == 1);
}

TEST_CASE("a lane that shrank makes smaller batches and never larger ones again") {
  batch_queue queue{{{8, never}, {8, never}}};
  queue.push(0, pictures(1, 0, 6));
  queue.shrink(0, 3);
  CHECK(queue.max_batch_size(0) == 3);
  CHECK(queue.max_batch_size(1) == 8);
  CHECK(numbers(queue.pop()) == list{0, 1, 2});
  queue.shrink(0, 5);
  CHECK(queue.max_batch_size(0) == 3);
  CHECK(numbers(queue.pop()) == list{3, 4, 5});
  for (const int nonsense : {0, -7}) {
    queue.shrink(0, nonsense);
    CHECK(queue.max_batch_size(0) == 1);
  }
  queue.push(0, pictures(1, 6, 1));
  CHECK(numbers(queue.pop()) == list{6});
}

TEST_CASE("a lane that is full because it shrank goes at once") {
  batch_queue queue{{{8, never}}};
  queue.push(0, pictures(1, 0, 3));
  waiting_pop pop{queue};
  CHECK_FALSE(pop.is_over(a_while));
  queue.shrink(0, 3);
  REQUIRE(pop.is_over(soon));
  CHECK(numbers(pop.batch()) == list{0, 1, 2});
}

TEST_CASE("closing ends every pop, those that wait and those to come") {
  batch_queue queue{{{2, never}}};
  queue.push(0, pictures(1, 0, 1));
  waiting_pop one{queue}, other{queue};
  CHECK_FALSE(one.is_over(a_while));
  queue.close();
  REQUIRE(one.is_over(soon));
  REQUIRE(other.is_over(soon));
  CHECK_FALSE(one.batch());
  CHECK_FALSE(other.batch());
  queue.push(0, pictures(1, 1, 1));
  CHECK_FALSE(queue.pop());
}

TEST_CASE("threads that pop together get every picture once") {
  constexpr std::uint64_t producers = 4, of_each = 5000;
  constexpr std::size_t lanes = 2, max_batch = 16;
  batch_queue queue{{{max_batch, 1ms}, {max_batch, 1ms}}};
  std::vector<std::atomic<int>> times(producers * of_each);
  std::atomic<std::uint64_t> popped = 0;
  std::atomic<bool> fits = true;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i)
    threads.emplace_back([&] {
      while (const auto batch = queue.pop()) {
        std::map<std::uint64_t, std::uint64_t> last; // number by session
        if (batch->pictures.empty() || batch->pictures.size() > max_batch)
          fits = false;
        for (const auto& picture : batch->pictures) {
          const auto [before, is_first] = last.try_emplace(picture.session, picture.number);
          if ((!is_first && std::exchange(before->second, picture.number) >= picture.number) ||
              picture.session % lanes != batch->lane)
            fits = false;
          ++times[picture.session * of_each + picture.number];
        }
        if ((popped += batch->pictures.size()) == producers * of_each)
          queue.close();
      }
    });
  for (std::uint64_t session = 0; session < producers; ++session)
    threads.emplace_back([&queue, session] {
      for (std::uint64_t number = 0; number < of_each;) {
        const auto count = std::min(of_each - number, 1 + number % 7);
        queue.push(session % lanes, pictures(session, number, count));
        number += count;
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(popped == producers * of_each);
  CHECK(std::ranges::all_of(times, [](const auto& count) { return count == 1; }));
  CHECK(fits);
}
