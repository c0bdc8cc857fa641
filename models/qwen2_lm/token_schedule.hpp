/// Which tokens of which sequences are computed in the next step. Sequences come and go at any step; a long prompt is
/// computed in pieces, beside the next tokens of the others. Plain bookkeeping, no tensors; for one thread.
///
/// A sequence is let in when there are blocks for its whole prompt and answer, so that none is ever put out again. It
/// costs the blocks of the part of the answer that is still to come: with long prompts and short answers, which is what
/// pictures make, a tenth.
#pragma once

#include "models/qwen2_lm/kv_block_pool.hpp"

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace timeloom {

using sequence_id = std::uint64_t;

/// Bounds of one step.
struct step_limits {
  std::int64_t tokens = 2048;
  std::int64_t sequences = 64;

  bool operator==(const step_limits&) const = default;
};

/// The positions `first` to `first` + `count` - 1 of a sequence.
struct planned_tokens {
  sequence_id sequence = 0;
  std::int64_t first = 0;
  std::int64_t count = 0;
  bool chooses = false; ///< what comes after them is to be chosen: they end with the last token that is known

  std::int64_t end() const { return first + count; }
};

class token_schedule {
public:
  /// `blocks` of `block_tokens` positions each.
  token_schedule(std::int64_t blocks, std::int64_t block_tokens, step_limits limits);

  /// Whether a sequence of so many tokens finds room when it is alone.
  bool fits(std::int64_t tokens) const { return blocks_for(tokens) <= pool_.size(); }

  /// Puts a sequence, which `fits` with its answer, behind those that wait. `digests` are those of its prompt's blocks.
  void add(sequence_id id, std::int64_t prompt, std::int64_t most_new, std::vector<std::string> digests);

  /// The next step: first those that need one token, then pieces of prompts, oldest first; lets in what finds room. A
  /// sequence waits while another computes what it can share. Empty when there is nothing to do.
  std::vector<planned_tokens> plan();

  /// The step has computed `done`; when they chose a token, it is the next to be computed.
  void computed(const planned_tokens& done);

  /// Forgets the sequence, wherever it is, and gives its blocks back.
  void remove(sequence_id id);

  /// Where the keys and values of a sequence lie that was let in: block i has the positions from i * block_tokens.
  std::span<const block_id> blocks_of(sequence_id id) const;

  /// How many tokens of its prompt were there when it was let in.
  std::int64_t shared_by(sequence_id id) const;

  const step_limits& limits() const { return limits_; }
  void limit(const step_limits& to) { limits_ = to; }

  std::size_t waiting() const { return waiting_.size(); }
  std::size_t running() const { return running_.size(); }
  const kv_block_pool& pool() const { return pool_; }

private:
  struct sequence {
    sequence_id id = 0;
    std::int64_t prompt = 0;
    std::int64_t most_new = 0;
    std::vector<std::string> digests;
    std::vector<block_id> blocks;
    std::int64_t shared = 0;   // tokens that were there
    std::int64_t computed = 0; // positions whose keys and values are there
    std::int64_t known = 0;    // tokens, chosen ones among them
  };

  std::int64_t blocks_for(std::int64_t tokens) const { return (tokens + block_tokens_ - 1) / block_tokens_; }
  const sequence& of(sequence_id id) const;
  bool shares_with_running(const sequence& one) const;
  bool let_in(sequence& one);
  void give_back(sequence& one);

  kv_block_pool pool_;
  std::int64_t block_tokens_;
  step_limits limits_;
  std::deque<sequence> waiting_;
  std::deque<sequence> running_;              // oldest first
  std::unordered_set<std::string> under_way_; // digests of blocks that a running one will have computed
};

} // namespace timeloom
