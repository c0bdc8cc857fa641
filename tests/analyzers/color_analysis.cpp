#include "analyzers/color_analysis.hpp"

#include "analyzers/color_names.hpp"
#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

namespace {

const attribute& attribute_of(const attribute::object& of, std::string_view name) {
  for (const auto& [key, value] : of)
    if (key == name)
      return value;
  FAIL("no attribute " << name);
  return of.front().second;
}

double number(const event& of, std::string_view name) {
  return std::get<double>(attribute_of(of.attributes, name).value);
}

bool flag(const event& of, std::string_view name) {
  return std::get<bool>(attribute_of(of.attributes, name).value);
}

struct listed_color {
  std::string name;
  std::string hex;
  double share;
};

std::vector<listed_color> colors_of(const event& of) {
  std::vector<listed_color> colors;
  for (const auto& one : std::get<attribute::list>(attribute_of(of.attributes, "colors").value)) {
    const auto& fields = std::get<attribute::object>(one.value);
    colors.push_back({std::get<std::string>(attribute_of(fields, "name").value),
                      std::get<std::string>(attribute_of(fields, "hex").value),
                      std::get<double>(attribute_of(fields, "share").value)});
  }
  return colors;
}

scene scene_of(std::int64_t first, std::int64_t last) {
  scene one;
  one.first = {first, from_seconds(static_cast<double>(first) / 30)};
  one.last = {last, from_seconds(static_cast<double>(last) / 30)};
  return one;
}

// The event of one scene of `frames` frames, all like `frame`.
event colors_of_still(const drawn_frame& frame, color_matrix matrix = color_matrix::bt709, std::int64_t frames = 30) {
  color_analyzer colors;
  for (std::int64_t index = 0; index < frames; ++index)
    colors.push(frame.at(index, 30, matrix));
  colors.settle({}, frames);
  return colors.describe(scene_of(0, frames - 1));
}

std::string name_of(float red, float green, float blue) {
  return color_name(to_oklab(rgb_color{red, green, blue}));
}

// Each channel within `by` of "#rrggbb".
bool near_hex(const std::string& hex, int red, int green, int blue, int by) {
  const auto channel = [&](std::size_t at) { return std::stoi(hex.substr(at, 2), nullptr, 16); };
  return std::abs(channel(1) - red) <= by && std::abs(channel(3) - green) <= by && std::abs(channel(5) - blue) <= by;
}

} // namespace

TEST_CASE("each matrix turns its own YCbCr into the same RGB") {
  // (200, 40, 60), computed from each recommendation's luma weights.
  struct coded {
    color_matrix matrix;
    int y, cb, cr;
  };
  for (const auto& [matrix, y, cb, cr] :
       {coded{color_matrix::bt601, 90, 111, 206}, coded{color_matrix::bt709, 75, 120, 207},
        coded{color_matrix::bt2020, 83, 116, 207}}) {
    drawn_frame frame(96, 54);
    frame.fill(0, 0, 96, 54, y, cb, cr);
    const auto found = colors_of_still(frame, matrix);
    const auto colors = colors_of(found);
    REQUIRE(colors.size() == 1);
    INFO("matrix " << static_cast<int>(matrix) << ": " << colors[0].hex);
    CHECK(near_hex(colors[0].hex, 200, 40, 60, 3));
    CHECK(colors[0].name == "red");
    CHECK(found.label == "red");
  }
}

TEST_CASE("shares follow areas and sum to no more than one") {
  drawn_frame frame(120, 60);
  frame.fill(0, 0, 72, 60, 40, 200, 120);   // dark blue, 60 %
  frame.fill(72, 0, 108, 60, 150, 60, 190); // orange, 30 %
  frame.fill(108, 0, 120, 60, 250, 128, 128);
  const auto colors = colors_of(colors_of_still(frame));
  REQUIRE(colors.size() == 3);
  CHECK(colors[0].name == "dark blue");
  CHECK(colors[0].share == Approx(0.6).margin(0.03));
  CHECK(colors[1].name == "orange");
  CHECK(colors[1].share == Approx(0.3).margin(0.03));
  CHECK(colors[2].name == "white");
  CHECK(colors[0].share + colors[1].share + colors[2].share <= 1);
}

TEST_CASE("names are the ones people use") {
  CHECK(name_of(0, 0, 0) == "black");
  CHECK(name_of(255, 255, 255) == "white");
  CHECK(name_of(128, 128, 128) == "gray");
  CHECK(name_of(210, 210, 210) == "light gray");
  CHECK(name_of(255, 0, 0) == "red");
  CHECK(name_of(128, 0, 0) == "dark red");
  CHECK(name_of(255, 140, 0) == "orange");
  CHECK(name_of(139, 69, 19) == "brown");
  CHECK(name_of(224, 190, 160) == "beige");
  CHECK(name_of(255, 235, 0) == "yellow");
  CHECK(name_of(128, 128, 0) == "olive");
  CHECK(name_of(0, 160, 40) == "green");
  CHECK(name_of(10, 70, 20) == "dark green");
  CHECK(name_of(0, 128, 128) == "teal");
  CHECK(name_of(0, 230, 230) == "cyan");
  CHECK(name_of(135, 206, 235) == "light blue");
  CHECK(name_of(30, 80, 230) == "blue");
  CHECK(name_of(16, 24, 90) == "dark blue");
  CHECK(name_of(128, 0, 128) == "purple");
  CHECK(name_of(255, 0, 255) == "magenta");
  CHECK(name_of(255, 182, 203) == "pink");
}

TEST_CASE("OKLab is undone by its inverse") {
  for (const auto& color : {rgb_color{12, 200, 99}, rgb_color{255, 3, 128}, rgb_color{40, 41, 39}}) {
    const auto back = to_rgb(to_oklab(color));
    CHECK(back.red == Approx(color.red).margin(0.6));
    CHECK(back.green == Approx(color.green).margin(0.6));
    CHECK(back.blue == Approx(color.blue).margin(0.6));
  }
}

TEST_CASE("black and white film is monochrome, and brightness and contrast tell its light") {
  drawn_frame frame(120, 60);
  draw_wall(frame, {});
  const auto gray = colors_of_still(frame);
  CHECK(flag(gray, "monochrome"));
  CHECK(number(gray, "saturation") < 0.01);
  CHECK(number(gray, "colorfulness") < 1);

  frame.fill(0, 0, 60, 60, 0, 128, 128);
  frame.fill(60, 0, 120, 60, 255, 128, 128);
  const auto halves = colors_of_still(frame);
  CHECK(number(halves, "brightness") == Approx(0.5).margin(0.01));
  CHECK(number(halves, "contrast") == Approx(0.5).margin(0.01));

  frame.fill(0, 0, 60, 60, 76, 85, 255);
  frame.fill(60, 0, 120, 60, 150, 44, 21);
  const auto vivid = colors_of_still(frame, color_matrix::bt601);
  CHECK_FALSE(flag(vivid, "monochrome"));
  CHECK(number(vivid, "saturation") > 0.7);
  CHECK(number(vivid, "colorfulness") > 100);
}

TEST_CASE("letterbox bars are no colour of the scene, but a black thing is") {
  drawn_frame frame(160, 90);
  frame.fill(0, 0, 160, 90, 2, 128, 128);
  frame.fill(0, 12, 160, 78, 90, 90, 150);
  const auto barred = colors_of(colors_of_still(frame));
  REQUIRE(barred.size() == 1);
  CHECK(barred[0].share == Approx(1).margin(0.01));

  frame.fill(0, 0, 160, 12, 90, 90, 150);
  CHECK(colors_of(colors_of_still(frame)).size() == 2);

  frame.fill(0, 0, 160, 90, 2, 128, 128);
  CHECK(colors_of_still(frame).label == "black");
}

TEST_CASE("each scene has its own colours, be it only three frames long") {
  color_analyzer colors;
  drawn_frame red(96, 54), green(96, 54), blue(96, 54);
  red.fill(0, 0, 96, 54, 76, 85, 255);
  green.fill(0, 0, 96, 54, 110, 60, 60);
  blue.fill(0, 0, 96, 54, 60, 230, 100);
  for (std::int64_t index = 0; index < 63; ++index)
    colors.push((index < 30 ? red : index < 33 ? green : blue).at(index, 30, color_matrix::bt601));
  const auto cut_at = [](std::int64_t index) {
    const frame_position at{index, from_seconds(static_cast<double>(index) / 30)};
    return transition{transition_kind::cut, at, at, 1};
  };
  const std::vector<transition> cuts{cut_at(30), cut_at(33)};
  colors.settle(cuts, 63);
  CHECK(colors.describe(scene_of(0, 29)).label == "red");
  const auto middle = colors.describe(scene_of(30, 32));
  CHECK(middle.label == "green");
  CHECK(colors_of(middle).size() == 1);
  CHECK(middle.start.index == 30);
  CHECK(middle.end->index == 32);
  CHECK(colors.describe(scene_of(33, 62)).label == "blue");
}
