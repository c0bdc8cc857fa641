#include "analyzers/scene_segmentation.hpp"

#include "analyzers/shot_order.hpp"
#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <fmt/format.h>
#include <string>

using namespace timeloom;

namespace {

constexpr double rate_hz = 25;

frame_position at(std::int64_t index) {
  return {index, from_seconds(static_cast<double>(index) / rate_hz)};
}

transition change(transition_kind kind, std::int64_t first, std::int64_t last) {
  return {kind, at(first), at(last), 1};
}

// Setups 'A' to 'Z': a wall of its own with a light and tint of its own; '.' is black.
void draw_setup(drawn_frame& frame, char setup) {
  const int width = frame.luma.width();
  const int height = frame.luma.height();
  if (setup == '.') {
    frame.fill(0, 0, width, height, 3, 128, 128);
    return;
  }
  const int which = setup - 'A';
  draw_wall(frame, {}, static_cast<std::uint32_t>(100 * which));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      frame.luma.row(y)[x] = static_cast<std::uint8_t>(frame.luma.row(y)[x] * 2 / 3 + which * 29 % 80);
  for (int y = 0; y < frame.cb.height(); ++y) {
    std::fill_n(frame.cb.row(y), frame.cb.width(), static_cast<std::uint8_t>(80 + which * 37 % 90));
    std::fill_n(frame.cr.row(y), frame.cr.width(), static_cast<std::uint8_t>(170 - which * 23 % 90));
  }
}

struct watched {
  std::vector<segmented_scene> scenes;

  // How many shots each scene has, such as "4 1 1".
  std::string shots() const {
    std::string text;
    for (const auto& one : scenes)
      text += fmt::format("{}{}", text.empty() ? "" : " ", one.scene.shots);
    return text;
  }
};

// A shot for each letter, `frames` long, with cuts between them; transitions settle `lag` frames late.
watched watch(const std::string& setups, std::int64_t frames = 40, std::vector<transition> changes = {},
              std::int64_t lag = 50) {
  if (changes.empty())
    for (std::size_t shot = 1; shot < setups.size(); ++shot)
      changes.push_back(change(transition_kind::cut, static_cast<std::int64_t>(shot) * frames,
                               static_cast<std::int64_t>(shot) * frames));
  scene_segmenter segmenter;
  drawn_frame frame(160, 90);
  watched result;
  const auto keep = [&](std::vector<segmented_scene> more) {
    for (auto& one : more)
      result.scenes.push_back(std::move(one));
  };
  const auto total = static_cast<std::int64_t>(setups.size()) * frames;
  std::size_t known = 0;
  const auto settle = [&](std::int64_t settled) {
    const auto from = known;
    while (known < changes.size() && changes[known].first.index < settled)
      ++known;
    keep(segmenter.settle(std::span{changes}.subspan(from, known - from), settled));
  };
  for (std::int64_t index = 0; index < total; ++index) {
    if (index % frames == 0)
      draw_setup(frame, setups[static_cast<std::size_t>(index / frames)]);
    segmenter.push(frame.at(index, rate_hz));
    settle(std::max<std::int64_t>(0, index - lag));
  }
  settle(total);
  keep(segmenter.finish(at(total).time));
  return result;
}

} // namespace

TEST_CASE("shot and reverse shot are one scene") {
  CHECK(watch("ABABCD").shots() == "4 1 1");
  CHECK(watch("ABCABC").shots() == "6");
  CHECK(watch("ABCDE").shots() == "1 1 1 1 1");
  CHECK(watch("AABB").shots() == "2 2");
}

TEST_CASE("a place seen again long after is a new scene") {
  CHECK(watch("ABCDEFGHA", 20).shots() == "1 1 1 1 1 1 1 1 1");
}

TEST_CASE("scenes follow each other without gaps and number from one") {
  const auto scenes = watch("ABABCCDEF").scenes;
  REQUIRE(scenes.size() == 5);
  CHECK(scenes.front().scene.first == at(0));
  CHECK(scenes.back().scene.last == at(9 * 40 - 1));
  CHECK(scenes.back().scene.end == at(9 * 40).time);
  for (std::size_t i = 0; i < scenes.size(); ++i) {
    const auto& one = scenes[i].scene;
    CHECK(one.number == static_cast<std::int64_t>(i) + 1);
    if (i > 0) {
      CHECK(one.first.index == scenes[i - 1].scene.last.index + 1);
      CHECK(scenes[i - 1].scene.end == one.first.time);
    }
  }
}

TEST_CASE("the representative lies in its scene and its picture is that frame's") {
  for (const auto& one : watch("ABAB").scenes) {
    CHECK(one.scene.representative.index >= one.scene.first.index);
    CHECK(one.scene.representative.index <= one.scene.last.index);
    REQUIRE(one.luma.width() == 160);
    REQUIRE(one.cb.height() == 45);
    drawn_frame expected(160, 90);
    draw_setup(expected, one.scene.representative.index / 40 % 2 == 0 ? 'A' : 'B');
    CHECK(one.luma.row(50)[80] == expected.luma.row(50)[80]);
    CHECK(one.cr.row(20)[20] == expected.cr.row(20)[20]);
  }
}

TEST_CASE("black between two fades belongs to the scene before and is no shot") {
  const std::vector<transition> fades{change(transition_kind::fade_out, 36, 40),
                                      change(transition_kind::fade_in, 80, 84)};
  const auto scenes = watch("A.A", 40, fades).scenes;
  REQUIRE(scenes.size() == 2); // a fade ends a scene even when the same place follows
  CHECK(scenes[0].scene.shots == 1);
  CHECK(scenes[0].scene.last.index == 79);
  CHECK(scenes[0].scene.representative.index < 36);
  CHECK(scenes[1].scene.representative.index > 84);
}

TEST_CASE("a video that opens black has no scene of black") {
  const auto scenes = watch(".AB").scenes;
  REQUIRE(scenes.size() == 2);
  CHECK(scenes[0].scene.first.index == 0);
  CHECK(scenes[0].scene.last.index == 79);
  CHECK(scenes[0].scene.representative.index >= 40);
  CHECK(scenes[0].scene.shots == 1);
}

TEST_CASE("a scene that fades in to its end is shown by a picture of it, not by black") {
  const auto scenes = watch(".A", 40, {change(transition_kind::fade_in, 20, 80)}).scenes;
  REQUIRE(scenes.size() == 1);
  CHECK(scenes[0].scene.representative.index >= 40);
}

TEST_CASE("a black video is one scene") {
  const auto scenes = watch("..", 40, {change(transition_kind::fade_out, 2, 4)}).scenes;
  REQUIRE(scenes.size() == 1);
  CHECK(scenes[0].scene.last.index == 79);
  CHECK(scenes[0].luma.width() == 160);
}

TEST_CASE("black with a watermark is black") {
  scene_segmenter segmenter;
  drawn_frame place(160, 90), black(160, 90);
  draw_setup(place, 'A');
  draw_setup(black, '.');
  black.fill(120, 80, 140, 86, 200, 128, 128);
  for (std::int64_t index = 0; index < 60; ++index)
    segmenter.push((index < 40 ? place : black).at(index, rate_hz));
  CHECK(segmenter.settle(std::vector{change(transition_kind::cut, 40, 40)}, 60).empty());
  const auto scenes = segmenter.finish(at(60).time);
  REQUIRE(scenes.size() == 1);
  CHECK(scenes[0].scene.shots == 1);
  CHECK(scenes[0].scene.representative.index < 40);
}

TEST_CASE("a scene changes in the middle of a dissolve and is not represented by it") {
  const auto scenes = watch("AB", 40, {change(transition_kind::dissolve, 30, 49)}).scenes;
  REQUIRE(scenes.size() == 2);
  CHECK(scenes[0].scene.last.index == 39);
  CHECK(scenes[0].scene.representative.index < 30);
  CHECK(scenes[1].scene.first.index == 40);
  CHECK(scenes[1].scene.representative.index > 49);
}

TEST_CASE("a shot of three frames has a picture of its own") {
  const auto scenes = watch("ABCDE", 3).scenes;
  REQUIRE(scenes.size() == 5);
  for (const auto& one : scenes) {
    CHECK(one.luma.width() == 160);
    CHECK(one.scene.representative.index / 3 == one.scene.first.index / 3);
  }
}

TEST_CASE("a blurred frame does not stand for a scene that has sharp ones") {
  scene_segmenter segmenter;
  drawn_frame sharp(160, 90), blurred(160, 90);
  draw_wall(sharp, {});
  draw_wall(blurred, {0, 0, 12});
  for (std::int64_t index = 0; index < 60; ++index)
    segmenter.push((index < 20 || index >= 40 ? blurred : sharp).at(index, rate_hz));
  const auto scenes = segmenter.finish(at(60).time);
  REQUIRE(scenes.size() == 1);
  CHECK(scenes[0].scene.representative.index >= 20);
  CHECK(scenes[0].scene.representative.index < 40);
}

TEST_CASE("a scene is given before the very long shot after it ends, and candidates stay few") {
  scene_segmenter segmenter;
  drawn_frame frame(160, 90);
  draw_setup(frame, 'A');
  std::int64_t given_at = 0;
  const std::vector<transition> cut{change(transition_kind::cut, 100, 100)};
  std::vector<segmented_scene> scenes;
  for (std::int64_t index = 0; index < 25 * 120; ++index) {
    if (index == 100)
      draw_setup(frame, 'C');
    segmenter.push(frame.at(index, rate_hz));
    auto more =
        segmenter.settle(index == 150 ? std::span{cut} : std::span<const transition>{}, index < 150 ? 0 : index - 40);
    if (!more.empty() && given_at == 0)
      given_at = index;
    for (auto& one : more)
      scenes.push_back(std::move(one));
  }
  CHECK(given_at > 0);
  CHECK(given_at < 25 * 60);
  std::int64_t held = 0;
  for (std::int64_t index = 0; index < 25 * 120; ++index)
    held += segmenter.holds(index) ? 1 : 0;
  CHECK(held < 12);
  for (auto& one : segmenter.finish(at(25 * 120).time))
    scenes.push_back(std::move(one));
  REQUIRE(scenes.size() == 2);
  CHECK(scenes[1].scene.shots == 1);
  CHECK(scenes[1].scene.last.index == 25 * 120 - 1);
}

TEST_CASE("no frames give no scenes") {
  scene_segmenter segmenter;
  CHECK(segmenter.finish(media_time{0}).empty());
}

TEST_CASE("a fade-in that opens the video ends no shot") {
  shot_order order;
  order.learn(std::vector{change(transition_kind::fade_in, 0, 10), change(transition_kind::cut, 20, 20)});
  CHECK(order.at(0).mixed);
  CHECK(order.at(5).shot == 0);
  CHECK_FALSE(order.at(11).mixed);
  CHECK(order.at(20).shot == 1);
}

TEST_CASE("transitions told twice count once") {
  shot_order order;
  const std::vector cuts{change(transition_kind::cut, 10, 10), change(transition_kind::cut, 20, 20)};
  order.learn(std::span{cuts}.first(1));
  CHECK(order.at(5).shot == 0);
  order.learn(cuts);
  CHECK(order.at(15).shot == 1);
  CHECK(order.at(25).shot == 2);
}

TEST_CASE("transitions may be told out of order as long as their frames are not settled") {
  shot_order order;
  CHECK(order.at(5).shot == 0);
  order.learn(std::vector{change(transition_kind::cut, 30, 30)});
  order.learn(std::vector{change(transition_kind::dissolve, 10, 19), change(transition_kind::cut, 3, 3)});
  CHECK(order.at(14).shot == 0);
  CHECK(order.at(15).shot == 1);
  CHECK(order.at(30).shot == 2);
}
