#include "actors/slot_picture.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <limits>

using namespace timeloom;

namespace {

constexpr auto gray = static_cast<std::uint8_t>(sample_format::gray8);
constexpr auto color = static_cast<std::uint8_t>(sample_format::bgr24);

/// Two slots of 48 bytes; those of slot n are all n + 1.
frame_ring made_ring() {
  const ring_shape shape{48, 2};
  const auto memory = create_ring_memory(shape);
  REQUIRE(memory);
  auto ring = frame_ring::map(*memory, shape, frame_ring::access::write);
  REQUIRE(ring);
  for (int slot = 0; slot < shape.slots; ++slot)
    std::ranges::fill(ring->writable(slot), static_cast<std::uint8_t>(slot + 1));
  return std::move(*ring);
}

bool is_refused(const frame_ring& ring, const frame_reference& reference) {
  const auto picture = picture_in(ring, reference);
  return !picture && picture.error().code == errc::protocol;
}

} // namespace

TEST_CASE("a picture in a slot is seen as it was announced") {
  const auto ring = made_ring();
  const auto picture = picture_in(ring, {1, 77, 2'500'000'000, 4, 3, color});
  REQUIRE(picture);
  CHECK(picture->at == frame_position{77, media_time{2'500'000'000}});
  CHECK(picture->size.width == 4);
  CHECK(picture->size.height == 3);
  CHECK(picture->format == sample_format::bgr24);
  CHECK(picture->pixels.size() == 36);
  CHECK(std::ranges::all_of(picture->pixels, [](std::uint8_t sample) { return sample == 2; }));
}

TEST_CASE("a picture may fill its slot and not a row more") {
  const auto ring = made_ring();
  CHECK(picture_in(ring, {1, 0, 0, 8, 6, gray}));
  CHECK(is_refused(ring, {1, 0, 0, 8, 7, gray}));
  CHECK(picture_in(ring, {0, 0, 0, 4, 4, color}));
  CHECK(is_refused(ring, {0, 0, 0, 4, 5, color}));
  CHECK(is_refused(ring, {0, 0, 0, 17, 1, color})); // its rows are read as far as the format says
}

TEST_CASE("a picture whose bytes no 64 bits can count is larger than any slot") {
  constexpr int most = std::numeric_limits<int>::max();
  const auto ring = made_ring();
  CHECK(is_refused(ring, {0, 0, 0, most, most, color}));
  CHECK(is_refused(ring, {0, 0, 0, most, most, gray}));
  CHECK(is_refused(ring, {0, 0, 0, most, 1, color}));
  CHECK(is_refused(ring, {0, 0, 0, 1, most, color}));
}

TEST_CASE("slots that the ring does not have are refused") {
  const auto ring = made_ring();
  for (const int slot : {-1, 2, std::numeric_limits<int>::max(), std::numeric_limits<int>::min()})
    CHECK(is_refused(ring, {slot, 0, 0, 4, 4, gray}));
}

TEST_CASE("pictures without an area are refused") {
  const auto ring = made_ring();
  for (const int side : {0, -1, std::numeric_limits<int>::min()}) {
    CHECK(is_refused(ring, {0, 0, 0, side, 4, gray}));
    CHECK(is_refused(ring, {0, 0, 0, 4, side, gray}));
    CHECK(is_refused(ring, {0, 0, 0, side, side, gray}));
  }
}

TEST_CASE("formats that do not exist are refused") {
  const auto ring = made_ring();
  CHECK(is_refused(ring, {0, 0, 0, 1, 1, static_cast<std::uint8_t>(color + 1)}));
  CHECK(is_refused(ring, {0, 0, 0, 1, 1, 255}));
}
