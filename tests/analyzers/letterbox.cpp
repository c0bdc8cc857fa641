#include "analyzers/letterbox.hpp"

#include "tests/catch.hpp"

#include <limits>

using namespace timeloom;

namespace {

constexpr double nan_value = std::numeric_limits<double>::quiet_NaN();
constexpr double infinite = std::numeric_limits<double>::infinity();

} // namespace

TEST_CASE("a landscape picture is padded above and below") {
  const auto fit = fit_letterbox(1920, 1080, 640, 640);
  CHECK(fit.scale == Approx(1.0 / 3));
  CHECK(fit.width == 640);
  CHECK(fit.height == 360);
  CHECK(fit.pad_x == 0);
  CHECK(fit.pad_y == 140);
}

TEST_CASE("a portrait picture is padded left and right") {
  CHECK(fit_letterbox(720, 1280, 640, 640) == letterbox{0.5, 140, 0, 360, 640});
}

TEST_CASE("a small picture is enlarged") {
  CHECK(fit_letterbox(160, 120, 640, 640) == letterbox{4, 0, 80, 640, 480});
}

TEST_CASE("an odd rest of padding is below and on the right") {
  // 1000 x 333 at 0.64 is 640 x 213.12; of the 427 rows left, 213 are above.
  CHECK(fit_letterbox(1000, 333, 640, 640) == letterbox{0.64, 0, 213, 640, 213});
}

TEST_CASE("an input need not be square") {
  CHECK(fit_letterbox(1280, 720, 640, 384) == letterbox{0.5, 0, 12, 640, 360});
}

TEST_CASE("the thinnest picture keeps a row") {
  const auto fit = fit_letterbox(10000, 1, 640, 640);
  CHECK(fit.height == 1);
  CHECK(fit.pad_y == 319);
}

TEST_CASE("a box comes back where it was in the picture") {
  struct {
    int width, height;
  } const sizes[] = {{1920, 1080}, {1080, 1920}, {641, 479}, {333, 1000}, {7, 5}, {640, 640}};
  for (const auto& [width, height] : sizes) {
    CAPTURE(width, height);
    const auto fit = fit_letterbox(width, height, 640, 640);
    CHECK(fit.pad_x + fit.width <= 640);
    CHECK(fit.pad_y + fit.height <= 640);
    const box there{0.25, 0.125, 0.5, 0.375};
    const auto back =
        to_picture(fit, fit.pad_x + there.x * fit.width, fit.pad_y + there.y * fit.height,
                   fit.pad_x + (there.x + there.width) * fit.width, fit.pad_y + (there.y + there.height) * fit.height);
    REQUIRE(back);
    CHECK(back->x == Approx(there.x));
    CHECK(back->y == Approx(there.y));
    CHECK(back->width == Approx(there.width));
    CHECK(back->height == Approx(there.height));
    CHECK(to_picture(fit, fit.pad_x, fit.pad_y, fit.pad_x + fit.width, fit.pad_y + fit.height) == box{0, 0, 1, 1});
  }
}

TEST_CASE("what reaches into the padding is cut off at the picture's edge") {
  const auto fit = fit_letterbox(1920, 1080, 640, 640); // rows 140 to 500
  CHECK(to_picture(fit, -20, 0, 320, 320) == box{0, 0, 0.5, 0.5});
  CHECK(to_picture(fit, 320, 320, 700, 640) == box{0.5, 0.5, 0.5, 0.5});
}

TEST_CASE("a box that is not in the picture is none") {
  const auto fit = fit_letterbox(1920, 1080, 640, 640);
  CHECK_FALSE(to_picture(fit, 100, 0, 200, 140));   // in the padding, up to the picture's edge
  CHECK_FALSE(to_picture(fit, 100, 200, 100, 300)); // no width
  CHECK_FALSE(to_picture(fit, 200, 200, 100, 300)); // turned inside out
  CHECK_FALSE(to_picture(fit, nan_value, 0, 10, 200));
  CHECK_FALSE(to_picture(fit, 0, 150, infinite, 200));
  CHECK(to_picture(fit, -1e300, 150, 1e300, 200));
}

TEST_CASE("a keypoint comes back, and counts as unseen outside the picture") {
  const auto fit = fit_letterbox(1920, 1080, 640, 640);
  CHECK(to_picture(fit, keypoint{160, 320, 0.75}) == keypoint{0.25, 0.5, 0.75});
  CHECK(to_picture(fit, keypoint{160, 139.5, 0.75}) == keypoint{0.25, 0, 0.75}); // on the edge, but for a rounding
  CHECK(to_picture(fit, keypoint{160, 100, 0.75}) == keypoint{0.25, 0, 0});
  CHECK(to_picture(fit, keypoint{900, 320, 0.75}) == keypoint{1, 0.5, 0});
  CHECK(to_picture(fit, keypoint{160, 320, 1.5}) == keypoint{0.25, 0.5, 1});
  CHECK(to_picture(fit, keypoint{nan_value, 320, 0.75}) == keypoint{0, 0, 0});
  CHECK(to_picture(fit, keypoint{160, 320, nan_value}) == keypoint{0, 0, 0});
}
