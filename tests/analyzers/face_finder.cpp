#include "analyzers/face_finder.hpp"

#include "analyzers/cascade_files.hpp"
#include "analyzers/eye_finder.hpp"
#include "analyzers/suppression.hpp"
#include "tests/analyzers/drawn_people.hpp"
#include "tests/catch.hpp"

#include <algorithm>

using namespace timeloom;

namespace {

// The surest face of the picture.
std::optional<seen_face> face_in(const plane_view& luma, face_size size = face_size::usual) {
  auto finder = face_finder::load().value();
  std::optional<seen_face> best;
  for (const auto& candidate : finder.candidates(luma, {0, 0, 1, 1}, size))
    if (const auto face = finder.look(luma, candidate); face && (!best || face->score > best->score))
      best = face;
  return best;
}

} // namespace

TEST_CASE("what is missing of the cascades is said with what gets it") {
  CHECK(missing_cascades().empty());
  const auto missing = cascade_file("haarcascades/none.xml");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  CHECK(missing.error().message ==
        "/usr/share/opencv4/haarcascades/none.xml is not there; get it with: apt install opencv-data");
}

TEST_CASE("a face is found where it is, frontal, and more than one detector is sure") {
  for (const double side : {60.0, 120.0}) {
    CAPTURE(side);
    canvas picture(480, 300, 120);
    draw_face(picture, 200, 160, side);
    const auto face = face_in(picture.view());
    REQUIRE(face);
    CHECK(face->score > 0.7);
    CHECK(face->view == face_view::frontal);
    const box there{(200 - 0.6 * side) / 480, (160 - 0.6 * side) / 300, 1.2 * side / 480, 1.2 * side / 300};
    CHECK(intersection_over_union(face->area, there) > 0.5);
  }
}

TEST_CASE("small faces are found in large pictures when they are looked for") {
  canvas picture(960, 540, 120);
  draw_face(picture, 500, 200, 24);
  CHECK_FALSE(face_in(picture.view()));
  const auto face = face_in(picture.view(), face_size::small);
  REQUIRE(face);
  CHECK(face->score > 0.5);
}

TEST_CASE("there is no face in flat pictures, noise and walls") {
  CHECK_FALSE(face_in(canvas(480, 300, 128).view()));
  canvas noise(320, 200, 0);
  for (int y = 0; y < 200; ++y)
    for (int x = 0; x < 320; ++x)
      noise.picture().row(y)[x] = static_cast<std::uint8_t>(255 * noise_at(x, y, 3));
  const auto in_noise = face_in(noise.view());
  CHECK((!in_noise || in_noise->score < 0.2));
  for (const std::uint32_t seed : {1U, 2U}) {
    const auto in_wall = face_in(drawn_wall(480, 300, seed).view());
    CHECK((!in_wall || in_wall->score < 0.25));
  }
}

TEST_CASE("a look outside of the picture, or at nothing, finds nothing") {
  auto finder = face_finder::load().value();
  const canvas picture(480, 300, 128);
  CHECK_FALSE(finder.look(picture.view(), {2, 2, 0.1, 0.1}));
  CHECK_FALSE(finder.look(picture.view(), {0.5, 0.5, 0, 0}));
  CHECK(finder.candidates(picture.view(), {0.99, 0.99, 0.5, 0.5}, face_size::usual).empty());
}

TEST_CASE("open eyes are seen, and closed ones lose most of their dark") {
  auto faces = face_finder::load().value();
  auto eyes = eye_finder::load().value();
  for (const double side : {60.0, 75.0, 90.0, 105.0}) {
    CAPTURE(side);
    const box near{(240 - 0.65 * side) / 480, (150 - 0.6 * side) / 300, 1.3 * side / 480, 1.3 * side / 300};
    double open_darkness = 0;
    for (const bool open : {true, false}) {
      canvas picture(480, 300, 120);
      draw_face(picture, 240, 150, side, open);
      const auto face = faces.look(picture.view(), near);
      REQUIRE(face);
      const auto seen = eyes.look(picture.view(), face->area);
      REQUIRE(seen);
      const double darkness = (seen->left.darkness + seen->right.darkness) / 2;
      if (open) {
        REQUIRE((seen->left.open && seen->right.open));
        CHECK(seen->left.open->x < seen->right.open->x);
        open_darkness = darkness;
      } else {
        CHECK_FALSE((seen->left.open && seen->right.open));
        CHECK(darkness < 0.7 * open_darkness);
      }
    }
  }
}

TEST_CASE("nothing is said of the eyes of small faces") {
  auto eyes = eye_finder::load().value();
  canvas small(480, 300, 120);
  draw_face(small, 240, 150, 30);
  CHECK_FALSE(eyes.look(small.view(), {0.46, 0.43, 0.08, 0.14}));
}

TEST_CASE("the irises of drawn eyes are where they were drawn") {
  auto faces = face_finder::load().value();
  auto eyes = eye_finder::load().value();
  for (const double side : {70.0, 100.0})
    for (const double to : {-0.5, 0.0, 0.5}) {
      CAPTURE(side, to);
      canvas picture(480, 300, 120);
      draw_face(picture, 240, 150, side, true, to);
      const auto face = faces.look(
          picture.view(), {(240 - 0.65 * side) / 480, (150 - 0.6 * side) / 300, 1.3 * side / 480, 1.3 * side / 300});
      REQUIRE(face);
      const auto seen = eyes.look(picture.view(), face->area);
      REQUIRE((seen && seen->left.iris && seen->right.iris));
      CHECK((*seen->left.iris + *seen->right.iris) / 2 == Approx(to).margin(0.25));
    }
}
