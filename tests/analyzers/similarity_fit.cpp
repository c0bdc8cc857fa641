#include "analyzers/similarity_fit.hpp"

#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <cmath>

using namespace timeloom;

namespace {

// A lattice of 12 x 8 points, 20 px apart, each moved by `move`.
template <class Move>
std::vector<point_pair> lattice(Move move) {
  std::vector<point_pair> pairs;
  for (int j = 0; j < 8; ++j) {
    for (int i = 0; i < 12; ++i) {
      point_pair pair;
      pair.x = static_cast<float>(20 * i - 110);
      pair.y = static_cast<float>(20 * j - 70);
      pair.to_x = pair.x;
      pair.to_y = pair.y;
      move(pair, i, j);
      pairs.push_back(pair);
    }
  }
  return pairs;
}

} // namespace

TEST_CASE("a similarity is found through a third of wild points") {
  const auto pairs = lattice([](point_pair& pair, int i, int j) {
    pair.to_x = 1.02F * pair.x - 0.03F * pair.y + 5;
    pair.to_y = 0.03F * pair.x + 1.02F * pair.y - 2;
    if ((i + j) % 3 == 0) {
      pair.to_x += 60 * (noise_at(i, j, 1) - 0.5F);
      pair.to_y += 60 * (noise_at(i, j, 2) - 0.5F);
    }
  });
  const auto fit = fit_similarity(pairs, 0.6);
  REQUIRE(fit);
  CHECK(fit->a == Approx(1.02).margin(0.002));
  CHECK(fit->b == Approx(0.03).margin(0.002));
  CHECK(fit->x == Approx(5).margin(0.1));
  CHECK(fit->y == Approx(-2).margin(0.1));
  CHECK(fit->support == Approx(2.0 / 3).margin(0.05));
}

TEST_CASE("still points win against a larger group that moves") {
  const auto pairs = lattice([](point_pair& pair, int i, int) { pair.to_x += i < 8 ? 6 : 0; });
  const auto fit = fit_similarity(pairs, 0.6);
  REQUIRE(fit);
  CHECK(fit->x == Approx(0).margin(0.05));
  CHECK(fit->a == Approx(1).margin(0.001));
}

TEST_CASE("a motion shared by all is no rest, however few px it is") {
  const auto fit = fit_similarity(lattice([](point_pair& pair, int, int) { pair.to_x += 0.3F; }), 0.6);
  REQUIRE(fit);
  CHECK(fit->x == Approx(0.3).margin(0.01));
}

TEST_CASE("things at two depths that pass at two speeds are neither zoom nor roll") {
  // Near ones at the right sink by 3 px, far ones at the left by 2.4 px.
  const auto fit = fit_similarity(
      lattice([](point_pair& pair, int i, int) { pair.to_y += 2.4F + 0.6F * static_cast<float>(i) / 11; }), 0.6);
  REQUIRE(fit);
  CHECK(std::abs(fit->b) < 1e-4);
  CHECK(std::abs(fit->a - 1) < 1e-4);
  CHECK(fit->y == Approx(2.7).margin(0.1));
}

TEST_CASE("one point pair fits nothing") {
  CHECK_FALSE(fit_similarity({{1, 1, 2, 2, 1}}, 0.6));
}
