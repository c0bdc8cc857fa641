#include "analyzers/camera_analysis.hpp"

#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <fmt/format.h>
#include <functional>
#include <numbers>

using namespace timeloom;

namespace {

constexpr int width = 320;
constexpr int height = 180;
constexpr double rate_hz = 30;

// The events of a video of `seconds` whose frame at `t` is drawn by `draw`, in order of their starts.
std::vector<event> watch(double seconds, const std::function<void(drawn_frame&, float t)>& draw,
                         const std::vector<transition>& changes = {}, double sample_aspect = 1) {
  camera_analyzer camera;
  drawn_frame frame(width, height);
  const auto frames = static_cast<std::int64_t>(seconds * rate_hz);
  std::vector<event> events;
  const auto keep = [&](std::vector<event> more) { events.insert(events.end(), more.begin(), more.end()); };
  for (std::int64_t index = 0; index < frames; ++index) {
    draw(frame, static_cast<float>(static_cast<double>(index) / rate_hz));
    auto shown = frame.at(index, rate_hz);
    shown.sample_aspect = sample_aspect;
    camera.push(shown);
    if (index > 60 && index % 20 == 0)
      keep(camera.settle(changes, index - 60));
  }
  keep(camera.settle(changes, frames));
  keep(camera.finish());
  std::ranges::stable_sort(events, {}, [](const event& one) { return one.start.index; });
  return events;
}

std::string kinds_of(const std::vector<event>& events) {
  std::string kinds;
  for (const auto& one : events) {
    kinds += kinds.empty() ? "" : ", ";
    kinds += one.kind;
    if (one.label)
      kinds += fmt::format(" {}", *one.label);
  }
  return kinds;
}

double number(const event& of, std::string_view name) {
  for (const auto& [key, value] : of.attributes)
    if (key == name)
      return std::get<double>(value.value);
  FAIL("no attribute " << name << " in a " << of.kind);
  return 0;
}

transition cut_at(std::int64_t index) {
  const frame_position at{index, from_seconds(static_cast<double>(index) / rate_hz)};
  return {transition_kind::cut, at, at, 1};
}

} // namespace

TEST_CASE("a camera that stands still is static from end to end") {
  const auto events = watch(3, [](drawn_frame& frame, float) { draw_wall(frame, {}); });
  REQUIRE(kinds_of(events) == "static");
  CHECK(to_seconds(events[0].start.time) < 0.2);
  CHECK(to_seconds(events[0].end->time) > 2.7);
  CHECK(events[0].analyzer == "camera_analysis");
}

TEST_CASE("a pan is named for where the camera goes and measured in picture widths") {
  // 20 % of the width a second, to the right: the content goes left.
  const auto right = watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {64 * t}); });
  REQUIRE(kinds_of(right) == "pan right");
  const double seconds = to_seconds(right[0].end->time - right[0].start.time);
  CHECK(seconds > 2.5);
  CHECK(number(right[0], "widths") == Approx(0.2 * seconds).epsilon(0.03));
  CHECK(number(right[0], "percent_of_width_per_s") == Approx(20).epsilon(0.03));
  CHECK(kinds_of(watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {-64 * t}); })) == "pan left");
}

TEST_CASE("a tilt is named for where the camera goes") {
  CHECK(kinds_of(watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {0, 30 * t}); })) == "tilt down");
  CHECK(kinds_of(watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {0, -30 * t}); })) == "tilt up");
}

TEST_CASE("what moves is measured as it is shown, with pixels that are not square") {
  const auto up = [](drawn_frame& frame, float t) { draw_wall(frame, {0, 32 * t}); };
  const auto square = watch(3, up), wide = watch(3, up, {}, 1.5);
  REQUIRE(kinds_of(wide) == kinds_of(square));
  CHECK(number(wide[0], "widths") == Approx(number(square[0], "widths") / 1.5).epsilon(0.03));
}

TEST_CASE("a zoom gives the factor by which things grew") {
  const auto in = watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {0, 0, std::exp(0.1F * t)}); });
  REQUIRE(kinds_of(in) == "zoom in");
  const double seconds = to_seconds(in[0].end->time - in[0].start.time);
  CHECK(number(in[0], "factor") == Approx(std::exp(0.1 * seconds)).epsilon(0.01));
  CHECK(kinds_of(watch(3, [](drawn_frame& frame, float t) {
          draw_wall(frame, {0, 0, std::exp(-0.1F * t)});
        })) == "zoom out");
}

TEST_CASE("a roll gives the degrees that the camera turned") {
  const auto turn = [](float degrees_per_s) {
    return [=](drawn_frame& frame, float t) {
      draw_wall(frame, {0, 0, 1, degrees_per_s * t * std::numbers::pi_v<float> / 180});
    };
  };
  const auto clockwise = watch(3, turn(8));
  REQUIRE(kinds_of(clockwise) == "roll clockwise");
  const double seconds = to_seconds(clockwise[0].end->time - clockwise[0].start.time);
  CHECK(number(clockwise[0], "degrees") == Approx(8 * seconds).epsilon(0.03));
  CHECK(kinds_of(watch(3, turn(-8))) == "roll counterclockwise");
}

TEST_CASE("moves along two axes at once are both told") {
  const auto events = watch(3, [](drawn_frame& frame, float t) { draw_wall(frame, {40 * t, 0, std::exp(0.1F * t)}); });
  REQUIRE(events.size() == 2);
  const auto kinds = kinds_of(events);
  CHECK(kinds.find("zoom in") != std::string::npos);
  CHECK(kinds.find("pan right") != std::string::npos);
}

TEST_CASE("someone who walks past a standing camera is no pan") {
  // As tall as the picture and 40 % as wide, with more texture than the wall.
  const auto events = watch(4, [](drawn_frame& frame, float t) {
    draw_wall(frame, {});
    const int left = static_cast<int>(60 * t) - 60;
    for (int y = 0; y < height; ++y)
      for (int x = std::max(0, left); x < std::min(width, left + 128); ++x)
        frame.luma.row(y)[x] = static_cast<std::uint8_t>(
            255 * smooth_noise(static_cast<float>(x - left) / 5, static_cast<float>(y) / 5, 77));
  });
  CHECK(kinds_of(events) == "static");
}

TEST_CASE("the bars of a letterbox do not hold a pan back") {
  const auto events = watch(3, [](drawn_frame& frame, float t) {
    draw_wall(frame, {64 * t});
    frame.fill(0, 0, width, 36, 0, 128, 128);
    frame.fill(0, height - 36, width, height, 0, 128, 128);
  });
  REQUIRE(kinds_of(events) == "pan right");
  CHECK(number(events[0], "percent_of_width_per_s") == Approx(20).epsilon(0.03));
}

TEST_CASE("a hand that trembles is a shake and no pan") {
  const auto events = watch(4, [](drawn_frame& frame, float t) {
    const int i = static_cast<int>(t * 30 + 0.5F);
    draw_wall(frame, {8 * (noise_at(i, 0, 5) - 0.5F), 8 * (noise_at(i, 1, 5) - 0.5F)});
  });
  REQUIRE(kinds_of(events) == "shake");
  // Each axis is spread evenly over 8 px: RMS 8 / sqrt(12) * sqrt(2) = 3.3 px, 1 % of the width.
  CHECK(number(events[0], "rms_percent_of_width") == Approx(1.0).epsilon(0.3));
}

TEST_CASE("a pan that starts and stops is static before and after") {
  const auto events =
      watch(6, [](drawn_frame& frame, float t) { draw_wall(frame, {64 * std::clamp(t - 2, 0.0F, 2.0F)}); });
  REQUIRE(kinds_of(events) == "static, pan right, static");
  CHECK(to_seconds(events[1].start.time) == Approx(2).margin(0.35));
  CHECK(to_seconds(events[1].end->time) == Approx(4).margin(0.35));
  CHECK(number(events[1], "widths") == Approx(0.4).epsilon(0.06));
}

TEST_CASE("no move goes on across a change of shot") {
  const auto draw = [](drawn_frame& frame, float t) { draw_wall(frame, {64 * t}, t < 2 ? 1 : 9); };
  const auto events = watch(4, draw, {cut_at(60)});
  REQUIRE(kinds_of(events) == "pan right, pan right");
  CHECK(events[0].end->index < 60);
  CHECK(events[1].start.index >= 60);
}

TEST_CASE("a dissolve is left out") {
  const frame_position first{45, from_seconds(1.5)};
  const frame_position last{74, from_seconds(74 / rate_hz)};
  const auto events =
      watch(4, [](drawn_frame& frame, float) { draw_wall(frame, {}); }, {{transition_kind::dissolve, first, last, 1}});
  REQUIRE(kinds_of(events) == "static, static");
  CHECK(events[0].end->index < 45);
  CHECK(events[1].start.index > 74);
}

TEST_CASE("without texture the camera's motion is unknown, not static") {
  CHECK(watch(3, [](drawn_frame& frame, float) { frame.fill(0, 0, width, height, 90, 128, 128); }).empty());
}

TEST_CASE("a picture that changes its size mid-stream is measured on") {
  camera_analyzer camera;
  for (std::int64_t index = 0; index < 120; ++index) {
    drawn_frame frame(index < 60 ? 320 : 240, 180);
    draw_wall(frame, {2.0F * static_cast<float>(index)});
    camera.push(frame.at(index, rate_hz));
  }
  CHECK(kinds_of(camera.finish()) == "pan right");
}
