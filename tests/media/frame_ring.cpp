#include "media/frame_ring.hpp"

#include "tests/catch.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>

namespace timeloom {

namespace {

constexpr ring_shape shape{4096, 3};

/// The protection of the mapping that holds `address`, such as "r--s".
std::string protection_of(const void* address) {
  std::ifstream maps{"/proc/self/maps"};
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  for (std::string line; std::getline(maps, line);) {
    std::size_t end = 0;
    const auto first = std::stoull(line, &end, 16);
    const auto last = std::stoull(line.substr(end + 1), &end, 16);
    if (wanted >= first && wanted < last)
      return line.substr(line.find(' ') + 1, 4);
  }
  return "";
}

} // namespace

TEST_CASE("nobody can change the size of a ring's memory, or lift its seals") {
  const auto memory = create_ring_memory(shape);
  REQUIRE(memory);
  const int seals = ::fcntl(memory->get(), F_GET_SEALS);
  CHECK((seals & (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)) == (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL));
  CHECK(::ftruncate(memory->get(), 1) != 0);
  CHECK(::ftruncate(memory->get(), 1 << 20) != 0);
  CHECK(::fcntl(memory->get(), F_ADD_SEALS, F_SEAL_WRITE) != 0);
  CHECK((::fcntl(memory->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("what a writer puts into a slot, a reader finds there, and only there") {
  const auto memory = create_ring_memory(shape);
  auto writer = frame_ring::map(*memory, shape, frame_ring::access::write);
  const auto reader = frame_ring::map(*memory, shape, frame_ring::access::read);
  REQUIRE(writer);
  REQUIRE(reader);
  std::fill(writer->writable(1).begin(), writer->writable(1).end(), std::uint8_t{7});
  CHECK(reader->slot(1).front() == 7);
  CHECK(reader->slot(1).back() == 7);
  CHECK(reader->slot(0).back() == 0);
  CHECK(reader->slot(2).front() == 0);
  CHECK(reader->slot(2).size() == 4096);
}

TEST_CASE("a ring mapped for reading cannot be written") {
  const auto memory = create_ring_memory(shape);
  const auto reader = frame_ring::map(*memory, shape, frame_ring::access::read);
  REQUIRE(reader);
  CHECK(protection_of(reader->slot(0).data()) == "r--s");
}

TEST_CASE("the mapping outlives the descriptor and ends with its owner") {
  auto memory = create_ring_memory(shape);
  auto ring = frame_ring::map(*memory, shape, frame_ring::access::write);
  memory->reset();
  REQUIRE(ring);
  ring->writable(2)[0] = 1;
  const auto* address = ring->slot(0).data();
  {
    const frame_ring owner = std::move(*ring);
    CHECK(protection_of(address) == "rw-s");
    CHECK(owner.slot(2)[0] == 1);
  }
  CHECK(protection_of(address) != "rw-s");
}

TEST_CASE("a memory that is unsealed, too small or none is refused") {
  const auto memory = create_ring_memory(shape);
  CHECK_FALSE(frame_ring::map(*memory, {4096, 4}, frame_ring::access::read));
  CHECK_FALSE(frame_ring::map(*memory, {8192, 3}, frame_ring::access::read));
  const unique_fd unsealed{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  REQUIRE(::ftruncate(unsealed.get(), shape.total_bytes()) == 0);
  const auto refused = frame_ring::map(unsealed, shape, frame_ring::access::read);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::protocol);
  const unique_fd other{::open("/dev/null", O_RDWR | O_CLOEXEC)};
  CHECK_FALSE(frame_ring::map(other, shape, frame_ring::access::read));
  CHECK_FALSE(frame_ring::map(unique_fd{}, shape, frame_ring::access::read));
}

TEST_CASE("a ring may have as many slots as its size is told to hold, and no more") {
  for (const std::int64_t bytes : {std::int64_t{1}, std::int64_t{3} << 20, std::int64_t{1} << 32}) {
    const int slots = most_slots(bytes);
    CAPTURE(bytes, slots);
    CHECK(create_ring_memory({bytes, slots}));
    CHECK_FALSE(create_ring_memory({bytes, slots + 1}));
  }
}

TEST_CASE("shapes out of bounds are refused before any memory is asked for") {
  for (const ring_shape& bad :
       {ring_shape{0, 1}, ring_shape{1, 0}, ring_shape{-1, 1}, ring_shape{1, -1}, ring_shape{1, 4097},
        ring_shape{INT64_MAX, 1}, ring_shape{INT64_MAX / 2, 4}, ring_shape{std::int64_t{2} << 30, 3}}) {
    CAPTURE(bad.slot_bytes, bad.slots);
    CHECK_FALSE(create_ring_memory(bad));
    const auto memory = create_ring_memory(shape);
    CHECK_FALSE(frame_ring::map(*memory, bad, frame_ring::access::read));
  }
}

} // namespace timeloom
