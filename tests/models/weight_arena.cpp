#include <ATen/ATen.h> // before Catch2, whose CHECK that of libtorch 2 would replace

#include "models/weight_arena.hpp"

#include "tests/catch.hpp"

namespace timeloom {

namespace {

/// Three tensors in an arena, whose numbers count up.
struct arena_of_three {
  arena_of_three() {
    arena.reserve(3 * weight_arena::room_for(300));
    for (int i = 0; i < 3; ++i) {
      weights.push_back(arena.take({10, 25}));
      weights.back().copy_(at::arange(250 * i, 250 * (i + 1)).view({10, 25}));
    }
  }

  weight_arena arena{c10::kCPU, at::kFloat};
  std::vector<at::Tensor> weights;
};

} // namespace

TEST_CASE("weights that left the device come back as they were") {
  arena_of_three three;
  auto& arena = three.arena;
  const auto before = arena.check_value();
  REQUIRE(before);
  CHECK_FALSE(arena.has_host_copy());
  REQUIRE(arena.copy_to_host());
  for (int round = 0; round < 2; ++round) {
    arena.leave_device();
    CHECK_FALSE(arena.is_on_device());
    REQUIRE(arena.return_to_device());
    CHECK(arena.is_on_device());
    CHECK(arena.check_value() == before);
    for (int i = 0; i < 3; ++i)
      CHECK(three.weights[static_cast<std::size_t>(i)].equal(
          at::arange(250 * i, 250 * (i + 1)).to(at::kFloat).view({10, 25})));
  }
  arena.drop_host_copy();
  CHECK_FALSE(arena.has_host_copy());
}

TEST_CASE("a weight that changes, and two that change places, change the check value") {
  arena_of_three three;
  const auto before = three.arena.check_value();
  three.weights[2][3][7] = 1;
  const auto changed = three.arena.check_value();
  CHECK(changed != before);
  three.weights[2][3][7] = 250 * 2 + 3 * 25 + 7;
  CHECK(three.arena.check_value() == before);
  three.weights[0][0][4] = 5;
  three.weights[0][0][5] = 4;
  CHECK(three.arena.check_value() != before);
}

TEST_CASE("an arena gives no more than it has") {
  arena_of_three three;
  CHECK(three.arena.bytes() == 3 * weight_arena::room_for(250) * 4);
  CHECK_NOTHROW(three.arena.take({weight_arena::room_for(1)}));
  CHECK_THROWS(three.arena.take({3 * weight_arena::room_for(300)}));
}

} // namespace timeloom
