/// One account of a worker's device memory: what was promised to whom, and what was measured beyond that.
///
/// A value without a lock; its owner (`model_cache`) guards it. The charges never sum up to more than the budget.
#pragma once

#include "core/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace timeloom {

enum class memory_kind : std::uint8_t { weights, workspace, kv, context };
inline constexpr std::size_t memory_kinds = 4;

std::string_view to_string(memory_kind kind);

class memory_ledger {
public:
  /// `budget_bytes` must not be negative.
  explicit memory_ledger(std::int64_t budget_bytes);

  /// Whether `bytes` would fit now. Fails with `errc::exhausted` and the sizes of all that is booked, or with
  /// `errc::invalid_argument` when `bytes` is negative.
  expected<void> admit(std::int64_t bytes) const;

  /// Books `bytes`; fails as `admit` does, with nothing booked.
  expected<void> charge(memory_kind kind, std::int64_t bytes);

  /// Takes back what was charged; `bytes` must be in [0, charged_bytes(kind)].
  void release(memory_kind kind, std::int64_t bytes);

  /// Takes what the process holds on the device, by the allocator or NVML. What exceeds the charges is booked as
  /// unaccounted until the next call; what falls short is a promise not used yet and stays booked.
  void reconcile(std::int64_t measured_bytes);

  std::int64_t budget_bytes() const { return budget_; }
  std::int64_t charged_bytes() const; ///< of all kinds
  std::int64_t charged_bytes(memory_kind kind) const { return charged_[static_cast<std::size_t>(kind)]; }
  std::int64_t unaccounted_bytes() const { return unaccounted_; }

  /// Budget less charges and what is unaccounted; negative when more was measured than the budget.
  std::int64_t free_bytes() const { return budget_ - charged_bytes() - unaccounted_; }

private:
  std::int64_t budget_;
  std::int64_t unaccounted_ = 0;
  std::array<std::int64_t, memory_kinds> charged_{};
};

} // namespace timeloom
