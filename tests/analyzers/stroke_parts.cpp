#include "analyzers/stroke_parts.hpp"

#include "tests/catch.hpp"

#include <string>

using namespace timeloom;

namespace {

/// The parts of a picture in which '#' stands out by 100 on grey 50.
std::vector<stroke_part> parts_of(const std::vector<std::string>& rows) {
  const int width = static_cast<int>(rows.front().size());
  const int height = static_cast<int>(rows.size());
  plane gray{width, height}, standing_out{width, height}, threshold{width, height};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      gray.row(y)[x] = 50;
      standing_out.row(y)[x] = rows[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)] == '#' ? 100 : 20;
      threshold.row(y)[x] = 20;
    }
  }
  return stroke_parts(gray.view(), standing_out.view(), threshold.view());
}

} // namespace

TEST_CASE("a part is told with its box and what it is made of") {
  const auto parts = parts_of({"......", //
                               ".###..", //
                               ".#....", //
                               "......"});
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].left == 1);
  CHECK(parts[0].top == 1);
  CHECK(parts[0].right == 4);
  CHECK(parts[0].bottom == 3);
  CHECK(parts[0].area == 4);
  CHECK(parts[0].runs == 2);
  CHECK(parts[0].grays == 4 * 50);
  CHECK(parts[0].standing == 4 * 100);
}

TEST_CASE("pixels that touch at a corner are one part, and those apart are two") {
  CHECK(parts_of({"#..", ".#.", "..#"}).size() == 1);
  CHECK(parts_of({"..#", ".#.", "#.."}).size() == 1);
  CHECK(parts_of({"#.#", "#.#", "#.#"}).size() == 2);
  CHECK(parts_of({"#", ".", "#"}).size() == 2);
}

TEST_CASE("arms that meet further down are one part") {
  const auto cup = parts_of({"#.#.#", //
                             "#.#.#", //
                             "#####"});
  REQUIRE(cup.size() == 1);
  CHECK(cup[0].area == 11);
  CHECK(cup[0].runs == 7);
  CHECK(parts_of({"#...#", "#.#.#", "#.#.#", "#.###", "#...."}).size() == 2);
}

TEST_CASE("parts at the edges end there") {
  const auto parts = parts_of({"##", "##"});
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].right == 2);
  CHECK(parts[0].bottom == 2);
  CHECK(parts_of({"..", ".."}).empty());
}
