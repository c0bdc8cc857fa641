#include "analyzers/people_finder.hpp"

#include "analyzers/suppression.hpp"
#include "tests/analyzers/drawn_people.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

std::optional<seen_person> person_in(const plane_view& luma, const box& area = {0, 0, 1, 1}) {
  people_finder finder;
  std::optional<seen_person> best;
  for (const auto& candidate : finder.candidates(luma, area, {0, 1.1 * luma.height}))
    if (const auto person = finder.look(luma, candidate); person && (!best || person->score > best->score))
      best = person;
  return best;
}

} // namespace

TEST_CASE("a standing person is found from head to feet, whatever their size") {
  for (const double height : {110.0, 150.0, 220.0}) {
    CAPTURE(height);
    canvas picture(480, 300, 170);
    draw_person(picture, 200, 280, height);
    const auto person = person_in(picture.view());
    REQUIRE(person);
    CHECK(person->score > 0.8);
    const box there{(200 - 0.18 * height) / 480, (280 - height) / 300, 0.36 * height / 480, height / 300};
    CHECK(intersection_over_union(person->area, there) > 0.5);
  }
}

TEST_CASE("a person who touches the edge of the picture is found") {
  canvas picture(320, 160, 170);
  draw_person(picture, 160, 158, 150);
  CHECK(person_in(picture.view()));
}

TEST_CASE("people are looked for where it was asked") {
  canvas picture(480, 300, 170);
  draw_person(picture, 100, 280, 150);
  CHECK(person_in(picture.view(), {0, 0.3, 0.5, 0.7}));
  CHECK_FALSE(person_in(picture.view(), {0.6, 0.3, 0.4, 0.7}));
  CHECK_FALSE(person_in(picture.view(), {1.5, 1.5, 0.4, 0.7}));
}

TEST_CASE("there is nobody in flat pictures, noise and walls") {
  CHECK_FALSE(person_in(canvas(480, 300, 128).view()));
  canvas noise(320, 200, 0);
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 320; ++x)
      noise.picture().row(y)[x] = static_cast<std::uint8_t>(255 * noise_at(x, y, 3));
  const auto in_noise = person_in(noise.view());
  CHECK((!in_noise || in_noise->score < 0.25));
  for (const std::uint32_t seed : {1U, 2U}) {
    const auto in_wall = person_in(drawn_wall(480, 300, seed).view());
    CHECK((!in_wall || in_wall->score < 0.25));
  }
}

TEST_CASE("a look at nothing finds nobody") {
  people_finder finder;
  const canvas picture(480, 300, 128);
  CHECK_FALSE(finder.look(picture.view(), {0.5, 0.5, 0, 0}));
  CHECK_FALSE(finder.look(picture.view(), {3, 3, 0.2, 0.8}));
}
