#include "rendering/box_path.hpp"

#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

attribute::list point(double time, double x) {
  return {time, x, 0.5, 0.2, 0.1};
}

} // namespace

TEST_CASE("between two points of its path a box moves evenly, beyond them it stays") {
  event found;
  found.area = box{0.9, 0.9, 0.1, 0.1};
  found.attributes = {{"path", attribute::list{point(1, 0.1), point(2, 0.3), point(4, 0.7)}}};
  const box_path path{found};
  CHECK(path.at(1s)->x == Approx(0.1));
  CHECK(path.at(1500ms)->x == Approx(0.2));
  CHECK(path.at(3s)->x == Approx(0.5));
  CHECK(path.at(3s)->width == Approx(0.2));
  CHECK(path.at(0s)->x == Approx(0.1));
  CHECK(path.at(9s)->x == Approx(0.7));
}

TEST_CASE("an event without a path is in its box all the time, and one without a place nowhere") {
  event found;
  CHECK_FALSE(box_path{found}.at(1s));
  found.area = box{0.1, 0.2, 0.3, 0.4};
  CHECK(box_path{found}.at(1s) == found.area);
}

TEST_CASE("points that do not fit the form or go back in time are passed over") {
  event found;
  found.attributes = {{"path", attribute::list{point(1, 0.1), "words", attribute::list{1.5, 0.9}, point(0.5, 0.9),
                                               point(1, 0.2), point(3, 0.4)}}};
  const box_path path{found};
  CHECK(path.at(1s)->x == Approx(0.2)); // of two points at one time the later
  CHECK(path.at(2s)->x == Approx(0.3));
}
