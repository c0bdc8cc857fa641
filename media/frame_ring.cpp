#include "media/frame_ring.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <utility>

namespace timeloom {

namespace {

constexpr int size_seals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::int64_t largest_ring = std::int64_t{4} << 30;

expected<void> check(const ring_shape& shape) {
  if (shape.slots < 1 || shape.slots > most_ring_slots || shape.slot_bytes < 1 ||
      shape.slot_bytes > largest_ring / shape.slots)
    return fail(errc::invalid_argument, "a frame ring of {} slots of {} bytes is out of bounds", shape.slots,
                shape.slot_bytes);
  return {};
}

} // namespace

int most_slots(std::int64_t slot_bytes) {
  return static_cast<int>(
      std::clamp(largest_ring / std::max<std::int64_t>(slot_bytes, 1), std::int64_t{1}, most_ring_slots));
}

expected<unique_fd> create_ring_memory(const ring_shape& shape) {
  if (auto ok = check(shape); !ok)
    return tl::unexpected{ok.error()};
  unique_fd memory{::memfd_create("timeloom-frames", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  if (!memory || ::ftruncate(memory.get(), shape.total_bytes()) != 0 ||
      ::fcntl(memory.get(), F_ADD_SEALS, size_seals | F_SEAL_SEAL) != 0)
    return fail(errc::io, "no shared memory of {} bytes for frames: {}", shape.total_bytes(), errno_text(errno));
  return memory;
}

expected<frame_ring> frame_ring::map(const unique_fd& memory, const ring_shape& shape, access how) {
  if (auto ok = check(shape); !ok)
    return tl::unexpected{ok.error()};
  const int seals = ::fcntl(memory.get(), F_GET_SEALS);
  struct stat status {};
  if (seals < 0 || (seals & size_seals) != size_seals || ::fstat(memory.get(), &status) != 0 ||
      status.st_size < shape.total_bytes())
    return fail(errc::protocol, "descriptor {} is no sealed frame ring of {} bytes", memory.get(), shape.total_bytes());
  const int protection = how == access::write ? PROT_READ | PROT_WRITE : PROT_READ;
  void* address =
      ::mmap(nullptr, static_cast<std::size_t>(shape.total_bytes()), protection, MAP_SHARED, memory.get(), 0);
  if (address == MAP_FAILED)
    return fail(errc::exhausted, "cannot map {} bytes of frames: {}", shape.total_bytes(), errno_text(errno));
  frame_ring ring;
  ring.memory_ = static_cast<std::uint8_t*>(address);
  ring.shape_ = shape;
  return ring;
}

frame_ring::frame_ring(frame_ring&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), shape_(std::exchange(other.shape_, {})) {}

frame_ring& frame_ring::operator=(frame_ring&& other) noexcept {
  std::swap(memory_, other.memory_);
  std::swap(shape_, other.shape_);
  return *this;
}

frame_ring::~frame_ring() {
  if (memory_ != nullptr)
    ::munmap(memory_, static_cast<std::size_t>(shape_.total_bytes()));
}

std::span<const std::uint8_t> frame_ring::slot(int number) const {
  assert(number >= 0 && number < shape_.slots);
  return {memory_ + number * shape_.slot_bytes, static_cast<std::size_t>(shape_.slot_bytes)};
}

std::span<std::uint8_t> frame_ring::writable(int number) {
  assert(number >= 0 && number < shape_.slots);
  return {memory_ + number * shape_.slot_bytes, static_cast<std::size_t>(shape_.slot_bytes)};
}

} // namespace timeloom
