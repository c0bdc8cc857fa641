/// Shared memory for sampled pictures: a sealed memfd cut into slots of equal size.
///
/// The coordinator makes it and passes the descriptor to one writer and any readers; it has no name, so nothing is left
/// behind by any death, and its size is sealed, so nobody can shrink it under the others. Which slot is whose is
/// decided by messages alone (the job's table); nothing in the memory itself says so.
#pragma once

#include "core/error.hpp"
#include "core/unique_fd.hpp"

#include <cstdint>
#include <span>

namespace timeloom {

struct ring_shape {
  std::int64_t slot_bytes = 0;
  int slots = 0;

  bool operator==(const ring_shape&) const = default;
  std::int64_t total_bytes() const { return slot_bytes * slots; }
};

/// Slots of any ring, at most.
inline constexpr std::int64_t most_ring_slots = 4096;

/// How many slots of `slot_bytes` a ring may have, at least 1.
int most_slots(std::int64_t slot_bytes);

/// An anonymous file of `shape`, sealed against growing and shrinking. Nothing is mapped.
expected<unique_fd> create_ring_memory(const ring_shape& shape);

/// A mapping of a ring's memory. Move only; unmaps with its owner.
class frame_ring {
public:
  enum class access : std::uint8_t { read, write };

  /// Checks that `memory` is a memfd sealed to at least `shape` before mapping it; the descriptor may be closed after.
  static expected<frame_ring> map(const unique_fd& memory, const ring_shape& shape, access how);

  frame_ring() = default;
  frame_ring(frame_ring&& other) noexcept;
  frame_ring& operator=(frame_ring&& other) noexcept;
  ~frame_ring();

  const ring_shape& shape() const { return shape_; }

  /// The memory of a slot in [0, slots). `writable` only in a ring mapped for writing.
  std::span<const std::uint8_t> slot(int number) const;
  std::span<std::uint8_t> writable(int number);

private:
  std::uint8_t* memory_ = nullptr;
  ring_shape shape_;
};

} // namespace timeloom
