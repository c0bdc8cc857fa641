#include "models/qwen2_lm/token_schedule.hpp"

#include "tests/catch.hpp"

#include <map>
#include <random>

namespace timeloom {

namespace {

/// A plan as "sequence:first+count", with "!" where a token is chosen.
std::vector<std::string> told(const std::vector<planned_tokens>& plan) {
  std::vector<std::string> made;
  for (const auto& one : plan)
    made.push_back(std::to_string(one.sequence) + ":" + std::to_string(one.first) + "+" + std::to_string(one.count) +
                   (one.chooses ? "!" : ""));
  return made;
}

std::vector<std::string> step(token_schedule& schedule) {
  const auto plan = schedule.plan();
  for (const auto& one : plan)
    schedule.computed(one);
  return told(plan);
}

using plan = std::vector<std::string>;

} // namespace

TEST_CASE("prompts are computed in pieces, beside the next tokens of those that are through") {
  token_schedule schedule{100, 4, {8, 10}};
  schedule.add(1, 3, 5, {});
  schedule.add(2, 20, 5, {});
  CHECK(step(schedule) == plan{"1:0+3!", "2:0+5"});
  CHECK(step(schedule) == plan{"1:3+1!", "2:5+7"});
  CHECK(step(schedule) == plan{"1:4+1!", "2:12+7"});
  schedule.remove(1);
  CHECK(step(schedule) == plan{"2:19+1!"});
  CHECK(step(schedule) == plan{"2:20+1!"});
  schedule.remove(2);
  CHECK(schedule.plan().empty());
  CHECK(schedule.pool().used() == 0);
}

TEST_CASE("who finds no room waits, and nobody overtakes") {
  token_schedule schedule{4, 4, {100, 10}};
  CHECK(schedule.fits(16));
  CHECK_FALSE(schedule.fits(17));
  schedule.add(1, 8, 4, {});
  schedule.add(2, 8, 1, {});
  schedule.add(3, 2, 1, {});
  CHECK(step(schedule) == plan{"1:0+8!"});
  CHECK(step(schedule) == plan{"1:8+1!"});
  CHECK(schedule.waiting() == 2);
  schedule.remove(1);
  CHECK(step(schedule) == plan{"2:0+8!", "3:0+2!"});
}

TEST_CASE("a step has no more sequences than the limit, and a smaller limit holds for those that run") {
  token_schedule schedule{100, 4, {100, 2}};
  for (const sequence_id id : {1, 2, 3})
    schedule.add(id, 4, 4, {});
  CHECK(step(schedule) == plan{"1:0+4!", "2:0+4!"});
  schedule.limit({100, 1});
  CHECK(step(schedule) == plan{"1:4+1!"});
  schedule.remove(1);
  CHECK(step(schedule) == plan{"2:4+1!"});
}

TEST_CASE("the same beginning is computed once: the second waits for the first, and takes its blocks") {
  token_schedule schedule{100, 4, {6, 10}};
  schedule.add(1, 10, 2, {"a", "b"});
  schedule.add(2, 11, 2, {"a", "b"});
  schedule.add(3, 6, 2, {"c"});
  CHECK(step(schedule) == plan{"1:0+6"});
  // The second could begin with one block; it waits for the other, and the third goes ahead.
  CHECK(step(schedule) == plan{"1:6+4!", "3:0+2"});
  CHECK(step(schedule) == plan{"1:10+1!", "3:2+4!", "2:8+1"});
  CHECK(schedule.shared_by(2) == 8);
  CHECK(schedule.blocks_of(1)[0] == schedule.blocks_of(2)[0]);
  CHECK(schedule.blocks_of(1)[1] == schedule.blocks_of(2)[1]);
  CHECK(schedule.blocks_of(1)[2] != schedule.blocks_of(2)[2]);
}

TEST_CASE("what was computed is there for those that come later, but the last token is computed again") {
  token_schedule schedule{100, 4, {100, 10}};
  schedule.add(1, 8, 2, {"a", "b"});
  CHECK(step(schedule) == plan{"1:0+8!"});
  schedule.remove(1);
  schedule.add(2, 8, 2, {"a", "b"});
  CHECK(step(schedule) == plan{"2:4+4!"});
}

TEST_CASE("one that leaves before it has computed what it promised lets the next one do it") {
  token_schedule schedule{100, 4, {4, 10}};
  schedule.add(1, 20, 2, {"a", "b", "c", "d"});
  schedule.add(2, 20, 2, {"a", "b", "c", "d"});
  CHECK(step(schedule) == plan{"1:0+4"});
  schedule.remove(1);
  CHECK(step(schedule) == plan{"2:4+4"});
}

TEST_CASE("whatever comes and goes, every position is computed once, in order, and all blocks come back") {
  std::mt19937 random{7};
  const auto below = [&](unsigned most) { return static_cast<std::int64_t>(random() % most); };
  token_schedule schedule{40, 4, {16, 4}};
  struct fate {
    std::int64_t prompt, most_new, computed, chosen;
  };
  std::map<sequence_id, fate> living;
  sequence_id next = 1;
  std::int64_t finished = 0;
  for (int round = 0; round < 5000; ++round) {
    if (living.size() < 8 && below(3) == 0) {
      const fate one{1 + below(60), 1 + below(20), 0, 0};
      std::vector<std::string> digests;
      const auto family = below(3);
      for (std::int64_t i = 0; i < one.prompt / 4; ++i)
        digests.push_back(std::to_string(family) + "." + std::to_string(i));
      schedule.add(next, one.prompt, one.most_new, digests);
      living.emplace(next++, one);
    }
    if (!living.empty() && below(20) == 0) {
      const auto gone = std::next(living.begin(), below(static_cast<unsigned>(living.size())));
      schedule.remove(gone->first);
      living.erase(gone);
    }
    std::int64_t tokens = 0;
    const auto plan = schedule.plan();
    CHECK((!plan.empty() || living.empty()));
    for (const auto& work : plan) {
      auto& one = living.at(work.sequence);
      if (one.computed == 0)
        one.computed = schedule.shared_by(work.sequence);
      REQUIRE(work.first == one.computed);
      REQUIRE(work.count > 0);
      REQUIRE(work.chooses == (work.end() == one.prompt + one.chosen));
      REQUIRE(static_cast<std::int64_t>(schedule.blocks_of(work.sequence).size()) * 4 >= work.end());
      tokens += work.count;
      one.computed = work.end();
      schedule.computed(work);
      if (work.chooses && ++one.chosen == one.most_new) {
        schedule.remove(work.sequence);
        living.erase(work.sequence);
        ++finished;
      }
    }
    REQUIRE(tokens <= 16);
    REQUIRE(plan.size() <= 4);
  }
  CHECK(finished > 100);
  for (const auto& [id, one] : living)
    schedule.remove(id);
  CHECK(schedule.pool().used() == 0);
  CHECK(schedule.plan().empty());
}

} // namespace timeloom
