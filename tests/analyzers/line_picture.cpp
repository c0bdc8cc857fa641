#include "analyzers/line_picture.hpp"

#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

const text_region line{.area = {100, 179, 330, 23}, .letter_px = 21, .light = true, .contrast = 150, .likelihood = 100};

plane picture_of(const drawn_text& of, letter_choice choice = letter_choice::all) {
  return line_picture(of.view(), line, choice);
}

/// Share of the pixels that are darker than the middle.
double ink(const plane& picture) {
  int dark = 0;
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x)
      dark += picture.row(y)[x] < 128;
  return static_cast<double>(dark) / (picture.width() * picture.height());
}

} // namespace

TEST_CASE("a line picture has dark letters of one height on white") {
  const auto light = picture_of(drawn_text(640, 360, 60).write("HELD BY TWO HANDS", 100, 200, 20, 230));
  CHECK(light.height() == Approx(23 * 30 / 21.0 + 2 * 0.45 * 30).margin(3));
  CHECK(ink(light) > 0.05);
  CHECK(ink(light) < 0.3);
  auto dark_line = line;
  dark_line.light = false;
  const auto picture = drawn_text(640, 360, 200).write("HELD BY TWO HANDS", 100, 200, 20, 10);
  const auto dark = line_picture(picture.view(), dark_line);
  CHECK(likeness(light.view(), dark.view()) > 0.9);
}

TEST_CASE("a line is like itself over another background and unlike other words") {
  const auto write = [](float x, const char* words) {
    auto picture = drawn_text::over_wall(640, 360, x);
    return picture_of(picture.write(words, 100, 200, 20, 235, 16));
  };
  const auto here = write(0, "HELD BY TWO HANDS");
  CHECK(likeness(here.view(), write(400, "HELD BY TWO HANDS").view()) > 0.6);
  CHECK(likeness(here.view(), write(400, "NOT WHAT IT WAS").view()) < 0.5);
  CHECK(likeness(here.view(), picture_of(drawn_text::over_wall(640, 360)).view()) < 0.5);
}

TEST_CASE("what shows between outlines is taken out") {
  // Nearly as light as the letters, so that only the outlines keep them apart.
  drawn_text picture{640, 360, 205};
  picture.write("HELD BY TWO HANDS", 100, 200, 20, 235, 16);
  const auto clean = picture_of(drawn_text(640, 360, 60).write("HELD BY TWO HANDS", 100, 200, 20, 230));
  const double all = likeness(clean.view(), picture_of(picture).view());
  const double enclosed = likeness(clean.view(), picture_of(picture, letter_choice::enclosed).view());
  CHECK(enclosed > 0.75);
  CHECK(enclosed >= all);
}

TEST_CASE("a line at the edge of the picture has less margin") {
  const text_region at_edge{.area = {0, 0, 60, 20}, .letter_px = 20, .light = true, .contrast = 100, .likelihood = 50};
  const auto picture = line_picture(drawn_text(64, 32, 60).view(), at_edge);
  CHECK(picture.width() <= 64 * 30 / 20 + 1);
  CHECK(picture.height() <= 32 * 30 / 20 + 1);
}

TEST_CASE("flat pictures and those of other shapes are like nothing") {
  plane flat{100, 40};
  std::fill(flat.row(0), flat.row(0) + 4000, std::uint8_t{255});
  CHECK(likeness(flat.view(), flat.view()) == 0);
  plane longer{150, 40};
  std::fill(longer.row(0), longer.row(0) + 6000, std::uint8_t{255});
  CHECK(likeness(flat.view(), longer.view()) == 0);
}
