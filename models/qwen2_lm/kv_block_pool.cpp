#include "models/qwen2_lm/kv_block_pool.hpp"

namespace timeloom {

kv_block_pool::kv_block_pool(std::int64_t count) : blocks_(static_cast<std::size_t>(count)) {
  for (auto id = static_cast<block_id>(count); id > 0; --id)
    empty_.push_back(id - 1);
}

std::optional<block_id> kv_block_pool::take() {
  block_id id = 0;
  if (!empty_.empty()) {
    id = empty_.back();
    empty_.pop_back();
  } else if (!left_.empty()) {
    id = left_.front();
    left_.pop_front();
    by_digest_.erase(at(id).digest);
    at(id).digest.clear();
  } else {
    return std::nullopt;
  }
  at(id).users = 1;
  return id;
}

std::optional<block_id> kv_block_pool::find(const std::string& digest) {
  const auto found = by_digest_.find(digest);
  if (found == by_digest_.end())
    return std::nullopt;
  auto& there = at(found->second);
  if (there.users++ == 0)
    left_.erase(there.left);
  return found->second;
}

void kv_block_pool::publish(block_id id, const std::string& digest) {
  if (at(id).digest.empty() && by_digest_.emplace(digest, id).second)
    at(id).digest = digest;
}

void kv_block_pool::give_back(block_id id) {
  auto& one = at(id);
  if (--one.users > 0)
    return;
  if (one.digest.empty())
    empty_.push_back(id);
  else
    one.left = left_.insert(left_.end(), id);
}

} // namespace timeloom
