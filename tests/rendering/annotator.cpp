#include "rendering/annotator.hpp"

#include "tests/rendering/drawn.hpp"

using namespace timeloom;
using namespace std::chrono_literals;
using tests::changed_in;
using tests::gray_canvas;

namespace {

constexpr picture_size small{640, 360};

frame_position frame(std::int64_t index) {
  return {index, index * 40ms};
}

event span(const char* analyzer, const char* kind, std::int64_t first, std::int64_t last) {
  event found;
  found.analyzer = analyzer;
  found.kind = kind;
  found.start = frame(first);
  found.end = frame(last);
  return found;
}

/// The frame at `index` of a gray video, with what `found` has for it; those before it come before it.
canvas drawn_at(const timeline& found, std::int64_t index, picture_size size = small) {
  auto on = gray_canvas(size);
  annotator of{found};
  for (std::int64_t i = 0; i <= index; ++i) {
    std::ranges::fill(on.pixels(), tests::gray);
    on.start();
    of.draw(on, frame(i));
  }
  return on;
}

constexpr box middle{0.3, 0.3, 0.4, 0.4};

} // namespace

TEST_CASE("a thing's box is drawn from the first to the last frame of its event, along its path") {
  auto person = span("object_detection", "object", 10, 20);
  person.label = "person";
  person.attributes = {
      {"path", attribute::list{attribute::list{0.4, 0.1, 0.4, 0.1, 0.3}, attribute::list{0.8, 0.7, 0.4, 0.1, 0.3}}}};
  timeline found;
  found.events = {person};
  const box left{0.05, 0.3, 0.2, 0.45}, centre{0.35, 0.3, 0.2, 0.45}, right{0.65, 0.3, 0.2, 0.45};
  CHECK(changed_in(drawn_at(found, 9), left) == 0);
  CHECK(changed_in(drawn_at(found, 10), left) > 200);
  CHECK(changed_in(drawn_at(found, 10), centre) == 0);
  CHECK(changed_in(drawn_at(found, 15), left) == 0);
  CHECK(changed_in(drawn_at(found, 15), centre) > 200);
  CHECK(changed_in(drawn_at(found, 20), right) > 200);
  CHECK(changed_in(drawn_at(found, 21), right) == 0);
}

TEST_CASE("what is inside of a box is left to be seen") {
  auto person = span("object_detection", "object", 0, 20);
  person.area = box{0.2, 0.2, 0.6, 0.6};
  timeline found;
  found.events = {person};
  CHECK(changed_in(drawn_at(found, 5), middle) == 0);
}

TEST_CASE("a cut flashes at its frame and for half a second") {
  event cut;
  cut.analyzer = "cut_analysis";
  cut.kind = "cut";
  cut.start = frame(10);
  timeline found;
  found.events = {cut};
  const auto red_at = [&](std::int64_t index) {
    const auto [blue, green, red] = tests::pixel(drawn_at(found, index), 1, 180);
    return red - green;
  };
  CHECK(red_at(9) == 0);
  CHECK(red_at(10) > 150);
  CHECK(red_at(16) > 40);
  CHECK(red_at(16) < red_at(10));
  CHECK(red_at(23) == 0);
}

TEST_CASE("read words, faces, bodies and what moves are drawn at their places") {
  for (const auto& [analyzer, kind] : {std::pair{"text_overlay", "text"},
                                       {"eye_tracking", "face"},
                                       {"body_pose", "person"},
                                       {"background_segmentation", "region"},
                                       {"object_detection", "object"}}) {
    CAPTURE(analyzer);
    auto one = span(analyzer, kind, 0, 10);
    one.area = middle;
    one.text = "\xE6\x97\xA5\xE6\x9C\xAC <b>&\n";
    timeline found;
    found.events = {one};
    CHECK(changed_in(drawn_at(found, 3), {0.28, 0.28, 0.44, 0.44}) > 300);
    CHECK(changed_in(drawn_at(found, 3), {0.1, 0.6, 0.1, 0.2}) == 0);
  }
}

TEST_CASE("a caption stands in the lower left corner as long as its scene lasts, in lines of whole words") {
  auto caption = span("scene_caption", "caption", 2, 10);
  timeline found;
  const auto changed = [&](const std::string& text, std::int64_t index, const box& area) {
    caption.text = text;
    found.events = {caption};
    return changed_in(drawn_at(found, index), area);
  };
  const box lowest{0, 0.93, 0.5, 0.07}, above{0, 0.87, 0.5, 0.06};
  CHECK(changed("A boat leaves the harbour.", 1, lowest) == 0);
  CHECK(changed("A boat leaves the harbour.", 2, lowest) > 100);
  CHECK(changed("A boat leaves the harbour.", 10, lowest) > 100);
  CHECK(changed("A boat leaves the harbour.", 10, above) == 0);
  CHECK(changed("A boat leaves the harbour.", 11, lowest) == 0);
  CHECK(changed("A boat leaves the harbour while two people on the quay wave after it.", 5, above) > 100);
}

TEST_CASE("bones join the points of a body, moved with its box") {
  auto person = span("body_pose", "person", 0, 10);
  person.area = box{0.3, 0.2, 0.2, 0.6};
  person.attributes = {{"path", attribute::list{attribute::list{0.0, 0.5, 0.2, 0.2, 0.6}}},
                       {"keypoints", attribute::object{{"left_hip", attribute::object{{"x", 0.4}, {"y", 0.3}}},
                                                       {"left_knee", attribute::object{{"x", 0.4}, {"y", 0.7}}}}}};
  timeline found;
  found.events = {person};
  const auto on = drawn_at(found, 2);
  CHECK(changed_in(on, {0.58, 0.45, 0.04, 0.1}) > 50);
  CHECK(changed_in(on, {0.38, 0.45, 0.04, 0.1}) == 0);
}

TEST_CASE("the arrow of a moving camera points its way, and a still one has none") {
  const auto camera = [](const char* kind, const char* label) {
    auto one = span("camera_analysis", kind, 0, 10);
    if (label != nullptr)
      one.label = label;
    timeline found;
    found.events = {one};
    return drawn_at(found, 3);
  };
  // White pixels of the compass's halves, which lies below the notes in the upper right corner.
  const auto white = [](const canvas& on, double from, double to) {
    int count = 0;
    for (int y = 40; y < 85; ++y)
      for (int x = static_cast<int>(from * 640); x < static_cast<int>(to * 640); ++x)
        count += tests::pixel(on, x, y) > std::array<int, 3>{220, 220, 220};
    return count;
  };
  constexpr double left = 0.935, centre = 0.9646, right = 0.995;
  const auto to_left = camera("pan", "left"), to_right = camera("pan", "right"), still = camera("static", nullptr);
  CHECK(white(to_left, left, centre) > 2 * white(to_left, centre, right));
  CHECK(white(to_right, centre, right) > 2 * white(to_right, left, centre));
  CHECK(white(still, left, right) == 0);
}

TEST_CASE("loudness is a strip along the lower edge, and silence in it is red") {
  auto loudness = span("audio_levels", "loudness", 0, 1000);
  loudness.attributes = {{"step_s", 1.0}, {"momentary_lufs", attribute::list(40, attribute{-6.0})}};
  auto silence = span("audio_levels", "silence", 500, 700);
  timeline found;
  found.events = {loudness, silence};
  const auto loud = tests::pixel(drawn_at(found, 0), 500, 355);
  CHECK(loud[0] > loud[2] + 40);
  const auto silent = tests::pixel(drawn_at(found, 600), 400, 347);
  CHECK(silent[2] > silent[0] + 20);
}

TEST_CASE("drawings are as large in every resolution, by the height of the picture") {
  auto person = span("object_detection", "object", 0, 10);
  person.area = middle;
  timeline found;
  found.events = {person};
  const auto share = [&](picture_size size) {
    return static_cast<double>(changed_in(drawn_at(found, 3, size), {0.1, 0.2, 0.8, 0.7})) / size.width / size.height;
  };
  CHECK(share({1920, 1080}) == Approx(share({960, 540})).epsilon(0.25));
}

TEST_CASE("an event of an analyzer that nobody draws is passed over") {
  auto one = span("from_the_future", "thing", 0, 10);
  one.area = middle;
  timeline found;
  found.events = {one};
  CHECK(changed_in(drawn_at(found, 3), {0.1, 0.2, 0.8, 0.7}) == 0);
}

TEST_CASE("a picture of other proportions is fitted in, and boxes lie within it") {
  auto on = gray_canvas(small);
  const std::vector<std::uint8_t> square(360 * 360 * 4, 200);
  on.start(square, {360, 360});
  CHECK(tests::pixel(on, 50, 180) == std::array<int, 3>{0, 0, 0});
  CHECK(tests::pixel(on, 320, 180) == std::array<int, 3>{200, 200, 200});
  on.fill({0, 0, 0.5, 1}, inks::black);
  CHECK(tests::pixel(on, 300, 180) == std::array<int, 3>{0, 0, 0});
  CHECK(tests::pixel(on, 340, 180) == std::array<int, 3>{200, 200, 200});
}
