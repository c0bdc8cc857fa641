#include "models/qwen2_lm/token_schedule.hpp"

#include <algorithm>

namespace timeloom {

token_schedule::token_schedule(std::int64_t blocks, std::int64_t block_tokens, step_limits limits)
    : pool_(blocks), block_tokens_(block_tokens), limits_(limits) {}

void token_schedule::add(sequence_id id, std::int64_t prompt, std::int64_t most_new, std::vector<std::string> digests) {
  // The last token of a prompt is always computed: what comes after it is to be chosen.
  digests.resize(std::min(digests.size(), static_cast<std::size_t>((prompt - 1) / block_tokens_)));
  sequence one;
  one.id = id;
  one.prompt = one.known = prompt;
  one.most_new = most_new;
  one.digests = std::move(digests);
  waiting_.push_back(std::move(one));
}

bool token_schedule::shares_with_running(const sequence& one) const {
  return std::any_of(one.digests.begin(), one.digests.end(),
                     [&](const auto& digest) { return under_way_.contains(digest); });
}

bool token_schedule::let_in(sequence& one) {
  for (const auto& digest : one.digests) {
    const auto found = pool_.find(digest);
    if (!found)
      break;
    one.blocks.push_back(*found);
  }
  const auto needed = blocks_for(one.prompt + one.most_new);
  const auto there = static_cast<std::int64_t>(one.blocks.size());
  if (needed - there > pool_.available()) {
    give_back(one);
    return false;
  }
  for (auto i = there; i < needed; ++i)
    one.blocks.push_back(*pool_.take());
  one.shared = one.computed = there * block_tokens_;
  under_way_.insert(one.digests.begin() + there, one.digests.end());
  return true;
}

void token_schedule::give_back(sequence& one) {
  // Last block first: of a beginning that is left, the end goes first.
  while (!one.blocks.empty()) {
    pool_.give_back(one.blocks.back());
    one.blocks.pop_back();
  }
}

std::vector<planned_tokens> token_schedule::plan() {
  std::vector<planned_tokens> made;
  auto tokens = limits_.tokens;
  const auto room = [&] { return tokens > 0 && static_cast<std::int64_t>(made.size()) < limits_.sequences; };
  const auto put = [&](const sequence& one) {
    const auto count = std::min(one.known - one.computed, tokens);
    made.push_back({one.id, one.computed, count, one.computed + count == one.known});
    tokens -= count;
  };
  for (const bool prompts : {false, true})
    for (const auto& one : running_)
      if ((one.computed < one.prompt) == prompts && room())
        put(one);
  for (auto next = waiting_.begin();
       next != waiting_.end() && room() && static_cast<std::int64_t>(running_.size()) < limits_.sequences;) {
    if (shares_with_running(*next)) {
      ++next;
      continue;
    }
    if (!let_in(*next))
      break; // those behind it do not overtake
    running_.push_back(std::move(*next));
    next = waiting_.erase(next);
    put(running_.back());
  }
  return made;
}

void token_schedule::computed(const planned_tokens& done) {
  const auto found =
      std::find_if(running_.begin(), running_.end(), [&](const auto& one) { return one.id == done.sequence; });
  auto& one = *found;
  const auto full = [&] { return static_cast<std::size_t>(one.computed / block_tokens_); };
  const auto before = full();
  one.computed += done.count;
  if (done.chooses)
    ++one.known;
  for (auto i = before; i < std::min(full(), one.digests.size()); ++i) {
    pool_.publish(one.blocks[i], one.digests[i]);
    under_way_.erase(one.digests[i]);
  }
}

void token_schedule::remove(sequence_id id) {
  const auto is = [&](const auto& one) { return one.id == id; };
  std::erase_if(waiting_, is);
  const auto found = std::find_if(running_.begin(), running_.end(), is);
  if (found == running_.end())
    return;
  for (auto i = static_cast<std::size_t>(found->computed / block_tokens_); i < found->digests.size(); ++i)
    under_way_.erase(found->digests[i]);
  give_back(*found);
  running_.erase(found);
}

const token_schedule::sequence& token_schedule::of(sequence_id id) const {
  return *std::find_if(running_.begin(), running_.end(), [&](const auto& one) { return one.id == id; });
}

std::span<const block_id> token_schedule::blocks_of(sequence_id id) const {
  return of(id).blocks;
}

std::int64_t token_schedule::shared_by(sequence_id id) const {
  return of(id).shared;
}

} // namespace timeloom
