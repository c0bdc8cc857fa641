#include "models/tokenizer/byte_pairs.hpp"

#include <algorithm>
#include <bit>

namespace timeloom {

namespace {

std::uint64_t pair_of(token_id left, token_id right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 | static_cast<std::uint32_t>(right);
}

std::size_t place_of(std::uint64_t pair, std::size_t slots) {
  return static_cast<std::size_t>(pair * 0x9e3779b97f4a7c15u >> 20) & (slots - 1); // Fibonacci hashing
}

/// Whether `a` is merged after `b`: the order of a heap whose top is merged first.
bool later(const byte_pairs::workspace::candidate& a, const byte_pairs::workspace::candidate& b) {
  return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
}

} // namespace

byte_pairs::byte_pairs(const std::array<token_id, 256>& bytes, std::span<const merge> merges)
    : bytes_(bytes), slots_(std::bit_ceil(2 * merges.size() + 2)) {
  for (std::size_t rank = 0; rank < merges.size(); ++rank) {
    const auto pair = pair_of(merges[rank].left, merges[rank].right);
    auto place = place_of(pair, slots_.size());
    while (slots_[place].rank >= 0 && slots_[place].pair != pair)
      place = (place + 1) & (slots_.size() - 1);
    if (slots_[place].rank < 0)
      slots_[place] = {pair, static_cast<std::int32_t>(rank), merges[rank].whole};
  }
}

const byte_pairs::slot* byte_pairs::find(token_id left, token_id right) const {
  const auto pair = pair_of(left, right);
  for (auto place = place_of(pair, slots_.size()); slots_[place].rank >= 0; place = (place + 1) & (slots_.size() - 1))
    if (slots_[place].pair == pair)
      return &slots_[place];
  return nullptr;
}

void byte_pairs::encode(std::string_view word, workspace& room, std::vector<token_id>& out) const {
  auto& symbols = room.symbols;
  auto& heap = room.heap;
  symbols.clear();
  heap.clear();
  const auto count = static_cast<std::int32_t>(word.size());
  for (std::int32_t i = 0; i < count; ++i)
    symbols.push_back({bytes_[static_cast<unsigned char>(word[static_cast<std::size_t>(i)])], i - 1,
                       i + 1 < count ? i + 1 : -1, false});
  const auto symbol = [&](std::int32_t at) -> workspace::symbol& { return symbols[static_cast<std::size_t>(at)]; };
  const auto consider = [&](std::int32_t at) {
    if (at < 0 || symbol(at).after < 0)
      return;
    if (const auto* const found = find(symbol(at).id, symbol(symbol(at).after).id)) {
      heap.push_back({found->rank, at, found->whole});
      std::push_heap(heap.begin(), heap.end(), later);
    }
  };
  for (std::int32_t i = 0; i < count; ++i)
    consider(i);
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), later);
    const auto best = heap.back();
    heap.pop_back();
    auto& left = symbol(best.at);
    if (left.merged_away || left.after < 0)
      continue;
    auto& right = symbol(left.after);
    const auto* const found = find(left.id, right.id);
    if (found == nullptr || found->rank != best.rank)
      continue; // one of the two has been merged since
    left.id = best.whole;
    right.merged_away = true;
    left.after = right.after;
    if (left.after >= 0)
      symbol(left.after).before = best.at;
    consider(left.before);
    consider(best.at);
  }
  for (const auto& left : symbols)
    if (!left.merged_away)
      out.push_back(left.id);
}

} // namespace timeloom
