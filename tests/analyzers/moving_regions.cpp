#include "analyzers/moving_regions.hpp"

#include "analyzers/moving_foreground.hpp"
#include "tests/analyzers/drawn_video.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <functional>

using namespace timeloom;

namespace {

constexpr int width = 320, height = 180;
constexpr double rate_hz = 4;

/// A square with a texture of its own, in pixels.
struct thing {
  double x = 0, y = 0;
  int side = 40;
  bool is_there = true;
};

void draw_thing(drawn_frame& frame, const thing& one) {
  const int left = static_cast<int>(std::lround(one.x)), top = static_cast<int>(std::lround(one.y));
  for (int y = std::max(0, top); y < std::min(height, top + one.side); ++y)
    for (int x = std::max(0, left); x < std::min(width, left + one.side); ++x)
      frame.luma.row(y)[x] = static_cast<std::uint8_t>(
          150 + 100 * smooth_noise(static_cast<float>(x - left) / 6, static_cast<float>(y - top) / 6, 99));
}

/// What is to be seen `seconds` after the start.
struct moment {
  view camera;
  thing moving{0, 0, 0, false};
  unsigned wall = 1;
  double light = 1; ///< by which luma is multiplied
};
using story = std::function<moment(double seconds)>;

void draw(drawn_frame& frame, const moment& at) {
  draw_wall(frame, at.camera, at.wall);
  if (at.moving.is_there)
    draw_thing(frame, at.moving);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      auto& luma = frame.luma.row(y)[x];
      const double grain = 6 * (noise_at(x + 1000 * static_cast<int>(at.camera.x * 7), y, at.wall + 5) - 0.5);
      luma = static_cast<std::uint8_t>(std::clamp(at.light * luma + grain, 0.0, 255.0));
    }
}

/// What the finder says of each picture of a story.
std::vector<foreground_picture> watch(double seconds, const story& tell) {
  foreground_finder finder;
  std::vector<foreground_picture> found;
  drawn_frame frame{width, height};
  for (int i = 0; i < seconds * rate_hz; ++i) {
    draw(frame, tell(i / rate_hz));
    found.push_back(finder.see(from_seconds(i / rate_hz), frame.luma.view()));
  }
  return found;
}

/// The events of a story.
std::vector<event> analyze(double seconds, const story& tell) {
  analyzer_options options;
  options.background_segmentation.rate_hz = rate_hz;
  auto analyzer = make_moving_regions(options);
  REQUIRE(analyzer);
  drawn_frame frame{width, height};
  for (int i = 0; i < seconds * rate_hz; ++i) {
    draw(frame, tell(i / rate_hz));
    const auto seen = (*analyzer)->see({{i, from_seconds(i / rate_hz)},
                                        {width, height},
                                        sample_format::gray8,
                                        {frame.luma.row(0), static_cast<std::size_t>(width) * height}});
    REQUIRE(seen);
  }
  (*analyzer)->finish();
  return (*analyzer)->take_events();
}

double largest_share(const std::vector<foreground_picture>& found) {
  double most = 0;
  for (const auto& one : found)
    most = std::max(most, one.share);
  return most;
}

std::size_t judged(const std::vector<foreground_picture>& found) {
  return static_cast<std::size_t>(
      std::count_if(found.begin(), found.end(), [](const auto& one) { return one.judged; }));
}

/// A hand that holds a camera: some pixels, another way each time.
view shaken(double seconds) {
  const auto t = static_cast<float>(seconds);
  return {5 * std::sin(t * 17) + 3 * std::sin(t * 29), 4 * std::sin(t * 21), 1, 0.01F * std::sin(t * 13)};
}

view panned(double seconds) {
  return {static_cast<float>(40 * seconds), 0};
}

thing crossing(double seconds, double from_x = 20, double px_per_s = 40) {
  return {from_x + px_per_s * seconds, 70};
}

double overlap(const box& area, const thing& with) {
  const double left = std::max(area.x * width, with.x),
               right = std::min((area.x + area.width) * width, with.x + with.side);
  const double top = std::max(area.y * height, with.y),
               bottom = std::min((area.y + area.height) * height, with.y + with.side);
  const double both = std::max(0.0, right - left) * std::max(0.0, bottom - top);
  return both / (area.width * width * area.height * height + with.side * with.side - both);
}

} // namespace

TEST_CASE("a thing that crosses the picture is foreground, at its place, whatever the camera does") {
  for (const auto& [name, camera] :
       std::vector<std::pair<std::string, view (*)(double)>>{{"still", [](double) { return view{}; }},
                                                             {"pan", panned},
                                                             {"shake", shaken},
                                                             {"zoom", [](double t) {
                                                                return view{0, 0, 1 + 0.05F * static_cast<float>(t)};
                                                              }}}) {
    CAPTURE(name);
    const auto look = camera;
    const auto found = watch(6, [&](double t) { return moment{look(t), crossing(t)}; });
    CHECK(judged(found) >= found.size() - 2);
    int well_placed = 0;
    for (std::size_t i = 4; i < found.size(); ++i) {
      const auto where = crossing(static_cast<double>(i) / rate_hz);
      if (!found[i].regions.empty() && overlap(found[i].regions.front().area, where) > 0.5)
        ++well_placed;
      CHECK(found[i].share < 3.0 * where.side * where.side / (width * height));
    }
    CHECK(well_placed >= static_cast<int>(found.size()) - 6);
  }
}

TEST_CASE("a camera that pans, shakes, zooms or rolls over what stands still sees no foreground") {
  CHECK(largest_share(watch(8, [](double t) { return moment{panned(t)}; })) == 0);
  CHECK(largest_share(watch(8, [](double t) { return moment{shaken(t)}; })) == 0);
  CHECK(largest_share(watch(6, [](double t) { return moment{view{0, 0, 1 + 0.08F * static_cast<float>(t)}}; })) == 0);
  CHECK(largest_share(watch(6, [](double t) { return moment{view{0, 0, 1, 0.05F * static_cast<float>(t)}}; })) == 0);
  CHECK(analyze(8, [](double t) { return moment{shaken(t)}; }).empty());
}

TEST_CASE("a cut is no foreground and ends what was followed") {
  const auto cut_at = [](double t) { return moment{view{}, crossing(t), t < 4 ? 1U : 77U}; };
  const auto found = watch(8, cut_at);
  for (std::size_t i = 0; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].share < 0.12); // the thing has a share of 0.03
    CHECK(found[i].cut == (i == 17));
  }
  const auto events = analyze(8, cut_at);
  CHECK(std::count_if(events.begin(), events.end(), [](const event& one) { return one.kind == "region"; }) == 2);
  for (const auto& one : events)
    CHECK((one.end->index < 16 || one.start.index > 16));
}

TEST_CASE("a flash is passed over, and what was known before it is known after it") {
  const auto found = watch(6, [](double t) { return moment{view{}, {}, 1, t == 3 ? 2.5 : 1.0}; });
  CHECK(largest_share(found) == 0);
  for (const auto& one : found)
    CHECK_FALSE(one.cut);
}

TEST_CASE("light that comes and goes is no foreground") {
  CHECK(largest_share(watch(8, [](double t) { return moment{view{}, {}, 1, 1 - 0.12 * std::abs(4 - t)}; })) == 0);
}

TEST_CASE("nothing is told to move while the picture fades in, and what moves on is told afterwards") {
  const auto fades = [](double t) { return moment{panned(t), crossing(t), 1, std::min(1.0, 0.1 + 0.225 * t)}; };
  const auto found = watch(6.5, fades);
  for (std::size_t i = 0; i <= 16; ++i)
    CHECK(found[i].regions.empty());
  for (std::size_t i = 20; i < 26; ++i)
    CHECK(found[i].regions.size() == 1);
}

TEST_CASE("a thing that stops is told while it moves, and its going on does not leave a hole behind") {
  const auto stops = [](double t) { return moment{view{}, crossing(t < 3 ? t : t < 15 ? 3 : t - 12)}; };
  const auto found = watch(18, stops);
  CHECK(found[8].regions.size() == 1);
  for (std::size_t i = 40; i < 60; ++i)
    CHECK(found[i].regions.empty());
  for (std::size_t i = 64; i < found.size(); ++i) {
    REQUIRE(found[i].regions.size() == 1);
    CHECK(overlap(found[i].regions[0].area, stops(static_cast<double>(i) / rate_hz).moving) > 0.4);
  }
}

TEST_CASE("a thing that crosses a plain ground is told, however far it goes between two pictures") {
  for (const int ground : {0, 12, 120, 235}) {
    CAPTURE(ground);
    foreground_finder finder;
    int told = 0;
    for (int i = 0; i < 12; ++i) {
      drawn_frame frame{width, height};
      frame.fill(0, 0, width, height, ground, 128, 128);
      const thing at{20.0 + 25 * i, 70, 16, i > 0}; // a plain picture first
      const int luma = ground < 128 ? 220 : 30;
      if (at.is_there)
        frame.fill(static_cast<int>(at.x), 70, static_cast<int>(at.x) + at.side, 70 + at.side, luma, 128, 128);
      const auto found = finder.see(from_seconds(i / rate_hz), frame.luma.view());
      if (found.regions.size() == 1 && overlap(found.regions[0].area, at) > 0.5)
        ++told;
      CHECK(found.regions.size() <= 1);
    }
    CHECK(told >= 10);
  }
}

TEST_CASE("words that fade on a plain ground do not move") {
  foreground_finder finder;
  int told = 0;
  for (int i = 0; i < 16; ++i) {
    drawn_frame frame{width, height};
    const double strength = i < 8 ? std::min(1.0, 0.3 * i) : std::max(0.0, 1 - 0.3 * (i - 8));
    frame.fill(0, 0, width, height, 10, 128, 128);
    for (int letter = 0; letter < 8; ++letter)
      frame.fill(60 + 20 * letter, 80, 68 + 20 * letter, 100, static_cast<int>(10 + 200 * strength), 128, 128);
    told += finder.see(from_seconds(i / rate_hz), frame.luma.view()).regions.empty() ? 0 : 1;
  }
  CHECK(told <= 1); // what appears may move
}

TEST_CASE("what was there from the start leaves nothing that moves where it was") {
  const auto found = watch(8, [](double t) { return moment{view{}, {140, 70, 60, t < 5}}; });
  for (std::size_t i = 1; i < found.size(); ++i) {
    CAPTURE(i);
    CHECK(found[i].judged);
    CHECK(found[i].regions.empty());
  }
  const auto walks = [](double t) { return moment{view{}, {t < 5 ? 140 : 140 + 40 * (t - 5), 70, 60, t < 7.5}}; };
  const auto walked = watch(10, walks);
  for (std::size_t i = 26; i < walked.size(); ++i) {
    CAPTURE(i);
    for (const auto& region : walked[i].regions)
      CHECK(overlap(region.area, walks(static_cast<double>(i) / rate_hz).moving) > 0.4);
    CHECK(walked[i].regions.size() == (i < 30 ? 1 : 0));
  }
}

TEST_CASE("a thing that is followed is one region, with its path") {
  const auto events = analyze(7, [](double t) { return moment{panned(t), crossing(t, 10, 30)}; });
  std::vector<event> regions;
  std::copy_if(events.begin(), events.end(), std::back_inserter(regions),
               [](const event& one) { return one.kind == "region"; });
  REQUIRE(regions.size() == 1);
  CHECK(regions[0].analyzer == "background_segmentation");
  CHECK(regions[0].track == 1);
  REQUIRE(regions[0].area);
  CHECK(to_seconds(regions[0].end->time - regions[0].start.time) > 5);
}

TEST_CASE("much that moves is an area") {
  const auto events = analyze(6, [](double t) { return moment{view{}, {20 + 40 * t, 30, 100, t >= 2}}; });
  const auto area = std::find_if(events.begin(), events.end(), [](const event& one) { return one.kind == "area"; });
  REQUIRE(area != events.end());
  CHECK(area->label == "moving");
  CHECK(to_seconds(area->start.time) == Approx(2).margin(0.5));
}

TEST_CASE("pictures that change their size, come late or are not as announced are coped with") {
  foreground_finder finder;
  drawn_frame large{width, height}, small{160, 90};
  draw_wall(large, {});
  draw_wall(small, {});
  CHECK_FALSE(finder.see(from_seconds(0), large.luma.view()).judged);
  CHECK(finder.see(from_seconds(0.25), large.luma.view()).judged);
  CHECK(finder.see(from_seconds(0.5), small.luma.view()).cut);
  CHECK(finder.see(from_seconds(0.75), small.luma.view()).judged);
  CHECK(finder.see(from_seconds(60), small.luma.view()).cut);
  drawn_frame tiny{2, 1}, black{6, 6};
  black.fill(0, 0, 6, 6, 0, 128, 128);
  for (const double at : {60.2, 60.4, 60.6})
    CHECK(finder.see(from_seconds(at), black.luma.view()).share == 0);
  CHECK_FALSE(finder.see(from_seconds(61), tiny.luma.view()).judged);
  CHECK(finder.see(from_seconds(61.2), tiny.luma.view()).share == 0);

  auto analyzer = make_moving_regions({});
  REQUIRE(analyzer);
  const std::vector<std::uint8_t> pixels(100);
  CHECK_FALSE((*analyzer)->see({{0, {}}, {20, 20}, sample_format::gray8, pixels}));
  CHECK_FALSE((*analyzer)->see({{0, {}}, {5, 5}, sample_format::bgr24, pixels}));
}
