/// Who uses which block of the keys and values: a block holds those of a fixed number of successive positions, of all
/// layers. Counts only; the numbers themselves lie in a `kv_area`. For one thread.
///
/// Several sequences with the same beginning share its blocks, which are counted. A block whose content is known by a
/// digest stays findable after its last user has left, until its place is needed: the one that was left first goes
/// first.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace timeloom {

using block_id = std::int32_t;

class kv_block_pool {
public:
  /// Blocks 0 to `count` - 1, none of them used.
  explicit kv_block_pool(std::int64_t count);

  /// A block for one user, with nothing known in it. Nothing when all are used.
  std::optional<block_id> take();

  /// One more user for the block with that content, if it is there.
  std::optional<block_id> find(const std::string& digest);

  /// Says what the block, which has users, holds from now on. Without effect when another block is known for it.
  void publish(block_id block, const std::string& digest);

  /// One user fewer.
  void give_back(block_id block);

  std::int64_t size() const { return static_cast<std::int64_t>(blocks_.size()); }

  /// Blocks that have users.
  std::int64_t used() const { return size() - available(); }

  /// Blocks that `take` can give, those with known content among them.
  std::int64_t available() const { return static_cast<std::int64_t>(empty_.size() + left_.size()); }

private:
  struct block {
    int users = 0;
    std::string digest;                      // "" when its content is not known
    std::list<block_id>::iterator left = {}; // in left_, without users and with a digest
  };

  block& at(block_id id) { return blocks_[static_cast<std::size_t>(id)]; }

  std::vector<block> blocks_;
  std::vector<block_id> empty_; // without users and content
  std::list<block_id> left_;    // without users, with content; the one that was left first in front
  std::unordered_map<std::string, block_id> by_digest_;
};

} // namespace timeloom
