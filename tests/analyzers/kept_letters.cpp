#include "analyzers/kept_letters.hpp"

#include "analyzers/line_picture.hpp"
#include "tests/analyzers/drawn_text.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

plane line_of(drawn_text ground, const std::string& words, int left = 100) {
  const auto shown = ground.write(words, left, 60, 20, 230, 16);
  return line_picture(shown.view(), {{100, 40, 300, 21}, 21, true, false, 230, 170, 100});
}

double kept(const std::string& before, const std::string& now) {
  return kept_letters(line_of({500, 100, 60}, before).view(), line_of({500, 100, 60}, now).view());
}

} // namespace

TEST_CASE("the same letters are kept, over another ground and a pixel further too") {
  CHECK(kept("You can leave him now", "You can leave him now") > 0.95);
  const auto before = line_of({500, 100, 60}, "You can leave him now");
  CHECK(kept_letters(before.view(), line_of({500, 100, 140}, "You can leave him now").view()) > 0.8);
  CHECK(kept_letters(before.view(), line_of({500, 100, 60}, "You can leave him now", 101).view()) > 0.8);
}

TEST_CASE("where one letter of a line is another, ink is lost or new") {
  for (const auto& [one, other] : {std::pair{"You can leave him now", "You can leave her now"},
                                   {"HOME 3 - 2 AWAY", "HOME 3 - 3 AWAY"},
                                   {"HOME 3 - 3 AWAY", "HOME 3 - 8 AWAY"},
                                   {"HOME 3 - 2 AWAY", "HOME 3 AWAY"}}) {
    INFO(one << ", " << other);
    CHECK(kept(one, other) < 0.6);
    CHECK(kept(other, one) < 0.6);
  }
}

TEST_CASE("pictures without letters have lost none") {
  CHECK(kept_letters(plane(4, 4).view(), plane(4, 4).view()) == 1);
  CHECK(kept("", "") == 1);
}
