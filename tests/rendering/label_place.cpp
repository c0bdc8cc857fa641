#include "rendering/label_place.hpp"

#include "tests/catch.hpp"

#include <vector>

using namespace timeloom;

namespace {

constexpr pixel_box picture{0, 0, 640, 360};
constexpr pixel_box label{0, 0, 100, 20};

} // namespace

TEST_CASE("a label stands above its box, and below it where there is no room above") {
  CHECK(label_place(label, {200, 100, 50, 80}, picture, {}) == pixel_box{200, 80, 100, 20});
  CHECK(label_place(label, {200, 5, 50, 80}, picture, {}) == pixel_box{200, 85, 100, 20});
}

TEST_CASE("a label of a box that fills the picture stands inside it") {
  CHECK(label_place(label, picture, picture, {}) == pixel_box{0, 0, 100, 20});
}

TEST_CASE("a label never leaves the picture sideways") {
  CHECK(label_place(label, {600, 100, 40, 80}, picture, {}).x == 540);
  CHECK(label_place(label, {-30, 100, 40, 80}, picture, {}).x == 0);
}

TEST_CASE("labels of boxes at one place cover neither each other nor what is taken") {
  const pixel_box about{200, 100, 250, 80};
  std::vector<pixel_box> taken{{190, 60, 300, 40}};
  for (int i = 0; i < 6; ++i) {
    const auto place = label_place(label, about, picture, taken);
    for (const auto& other : taken)
      CHECK(shared_area(place, other) == 0);
    taken.push_back(place);
  }
}

TEST_CASE("where no place is free, the label covers the least") {
  const pixel_box about{200, 100, 100, 60};
  const std::vector<pixel_box> taken{{0, 0, 640, 155}, {0, 165, 640, 195}};
  // Ten pixels between them, which only the lower edge of the box touches.
  const auto place = label_place(label, about, picture, taken);
  CHECK(shared_area(place, taken[0]) + shared_area(place, taken[1]) == 100 * 15);
}
