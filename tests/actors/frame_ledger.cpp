#include "actors/frame_ledger.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <map>
#include <random>
#include <set>

using namespace timeloom;

namespace {

media_frame frame_in(int slot, std::int64_t index, std::vector<int> consumers) {
  return {1, slot, {index, media_time{index * 40'000'000}}, {16, 16}, sample_format::gray8, std::move(consumers)};
}

std::vector<int> slots_of(const std::vector<media_frame>& frames) {
  std::vector<int> slots;
  for (const auto& frame : frames)
    slots.push_back(frame.slot);
  return slots;
}

using slots = std::vector<int>;

} // namespace

TEST_CASE("a slot is free again when the last of its consumers has looked at it") {
  frame_ledger ledger{2, std::vector<int>{2, 2}};
  ledger.open(0);
  ledger.open(1);
  REQUIRE(ledger.announce(frame_in(1, 10, {0, 1})));
  CHECK(ledger.free_slots() == 1);
  CHECK(slots_of(ledger.take(0)) == slots{1});
  CHECK(slots_of(ledger.take(1)) == slots{1});
  CHECK(ledger.complete(0, {1}).empty());
  CHECK(ledger.is_busy(1));
  CHECK(ledger.complete(1, {1}) == slots{1});
  CHECK(ledger.free_slots() == 2);
  CHECK(ledger.announce(frame_in(1, 11, {0})));
}

TEST_CASE("a slot in use cannot be filled again") {
  frame_ledger ledger{2, std::vector<int>{2}};
  REQUIRE(ledger.announce(frame_in(0, 1, {0})));
  const auto again = ledger.announce(frame_in(0, 2, {0}));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == errc::protocol);
  CHECK(again.error().message == "slot 0 was filled with frame 2 while frame 1 was in use there");
}

TEST_CASE("slots and consumers that do not exist are refused") {
  frame_ledger ledger{2, std::vector<int>{2, 2}};
  for (const auto& frame :
       {frame_in(2, 1, {0}), frame_in(-1, 1, {0}), frame_in(4096, 1, {0}), frame_in(0, 1, {2}), frame_in(0, 1, {-1}),
        frame_in(0, 1, {0, 0}), frame_in(0, 1, {1, 0, 1}), frame_in(0, 1, {})}) {
    const auto refused = ledger.announce(frame);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::protocol);
  }
  CHECK(ledger.free_slots() == 2);
}

TEST_CASE("a consumer gets its pictures in order and no more of them at a time than it may have") {
  frame_ledger ledger{4, std::vector<int>{2}};
  for (const int slot : {3, 1, 0, 2})
    REQUIRE(ledger.announce(frame_in(slot, 10 - slot, {0})));
  CHECK(ledger.take(0).empty()); // not open yet
  ledger.open(0);
  CHECK(slots_of(ledger.take(0)) == slots{3, 1});
  CHECK(ledger.take(0).empty());
  CHECK(ledger.complete(0, {1}) == slots{1});
  CHECK(slots_of(ledger.take(0)) == slots{0});
}

TEST_CASE("completing what is not in flight changes nothing") {
  frame_ledger ledger{2, std::vector<int>{2}};
  ledger.open(0);
  REQUIRE(ledger.announce(frame_in(0, 1, {0})));
  CHECK(ledger.complete(0, {0, 1, 7, -1}).empty());
  CHECK(slots_of(ledger.take(0)) == slots{0});
  CHECK(ledger.complete(0, {0}) == slots{0});
  CHECK(ledger.complete(0, {0}).empty());
}

TEST_CASE("a dropped consumer lets go of what waits and of what it has") {
  frame_ledger ledger{3, std::vector<int>{1, 1}};
  ledger.open(0);
  REQUIRE(ledger.announce(frame_in(0, 1, {0})));
  REQUIRE(ledger.announce(frame_in(1, 2, {0})));
  REQUIRE(ledger.announce(frame_in(2, 3, {0, 1})));
  CHECK(slots_of(ledger.take(0)) == slots{0});
  auto freed = ledger.drop(0);
  std::sort(freed.begin(), freed.end());
  CHECK(freed == slots{0, 1});
  CHECK_FALSE(ledger.is_busy(0));
  CHECK(ledger.complete(0, {0}).empty());
  CHECK(ledger.drop(0).empty());
  CHECK(*ledger.announce(frame_in(0, 4, {0})) == slots{0}); // nobody wants it: free at once
  CHECK(ledger.announce(frame_in(1, 5, {0, 1}))->empty());
}

TEST_CASE("a ledger without consumers or slots refuses every picture") {
  frame_ledger ledger{0, std::vector<int>{}};
  CHECK_FALSE(ledger.announce(frame_in(0, 0, {0})));
  CHECK(ledger.free_slots() == 0);
}

TEST_CASE("under random use the ledger agrees with a naive account of it") {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random{seed};
    const auto pick = [&](int below) { return static_cast<int>(random() % static_cast<unsigned>(below)); };
    const int slot_count = 1 + pick(6), consumer_count = 1 + pick(4), in_flight = 1 + pick(3);
    frame_ledger ledger{slot_count, std::vector<int>(static_cast<std::size_t>(consumer_count), in_flight)};
    // The model: who still wants each slot; what each consumer waits for, in order, and has.
    std::map<int, std::set<int>> wanted;
    std::vector<std::vector<int>> waiting(static_cast<std::size_t>(consumer_count)), taken(waiting);
    std::vector<bool> open(waiting.size()), dropped(waiting.size());
    const auto let_go = [&](int slot, std::size_t consumer, std::vector<int>& freed) {
      wanted[slot].erase(static_cast<int>(consumer));
      if (wanted[slot].empty()) {
        wanted.erase(slot);
        freed.push_back(slot);
      }
    };
    for (int step = 0; step < 300; ++step) {
      const auto consumer = static_cast<std::size_t>(pick(consumer_count));
      const int number = static_cast<int>(consumer);
      std::vector<int> freed, told;
      switch (pick(6)) {
      case 0:
      case 1: {
        const int slot = pick(slot_count);
        std::vector<int> who;
        for (int c = 0; c < consumer_count; ++c)
          if (pick(2) == 0)
            who.push_back(c);
        std::shuffle(who.begin(), who.end(), random);
        const auto answer = ledger.announce(frame_in(slot, step, who));
        REQUIRE(answer.has_value() == (!wanted.contains(slot) && !who.empty()));
        if (!answer)
          break;
        for (const int c : who)
          if (!dropped[static_cast<std::size_t>(c)]) {
            wanted[slot].insert(c);
            waiting[static_cast<std::size_t>(c)].push_back(slot);
          }
        CHECK(*answer == (wanted.contains(slot) ? std::vector<int>{} : std::vector<int>{slot}));
        break;
      }
      case 2:
        ledger.open(number);
        open[consumer] = true;
        break;
      case 3: {
        std::vector<int> expected_slots;
        while (open[consumer] && !waiting[consumer].empty() && static_cast<int>(taken[consumer].size()) < in_flight) {
          expected_slots.push_back(waiting[consumer].front());
          taken[consumer].push_back(waiting[consumer].front());
          waiting[consumer].erase(waiting[consumer].begin());
        }
        REQUIRE(slots_of(ledger.take(number)) == expected_slots);
        break;
      }
      case 4: {
        const std::vector<int> done{pick(slot_count)};
        if (std::erase(taken[consumer], done[0]) > 0)
          let_go(done[0], consumer, freed);
        REQUIRE(ledger.complete(number, done) == freed);
        break;
      }
      case 5:
        if (pick(20) != 0)
          break;
        for (auto* list : {&waiting[consumer], &taken[consumer]}) {
          for (const int slot : *list)
            let_go(slot, consumer, freed);
          list->clear();
        }
        dropped[consumer] = true;
        REQUIRE(ledger.drop(number) == freed);
        break;
      }
      REQUIRE(ledger.free_slots() == slot_count - static_cast<int>(wanted.size()));
      REQUIRE(ledger.is_busy(number) == !(waiting[consumer].empty() && taken[consumer].empty()));
    }
  }
}
