#include "analyzers/cut_analysis.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <vector>

using namespace timeloom;

namespace {

/// A colour picture that can be moved, lit and mixed.
struct canvas {
  int width = 160;
  int height = 90;
  std::vector<float> luma = std::vector<float>(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  float cb = 128;
  float cr = 128;
};

/// A scene of its own for each number: soft waves and hard-edged blocks, seen from (x, y).
canvas scene(int number, double x = 0, double y = 0) {
  canvas picture;
  const double a = 0.075 + 0.02 * (number * 7 % 5);
  const double b = 0.06 + 0.025 * (number * 3 % 4);
  for (int row = 0; row < picture.height; ++row) {
    for (int column = 0; column < picture.width; ++column) {
      const double u = column + x + 131 * number;
      const double v = row + y + 57 * number;
      double value = 110 + 40 * std::sin(a * u + number) * std::cos(b * v) + 18 * std::sin(0.31 * u + 0.2 * v * number);
      const auto cell =
          static_cast<int>(std::floor(u / 25)) * 31 + static_cast<int>(std::floor(v / 19)) * 17 + number * 101;
      value += (cell * cell % 11) * 8.0 - 40;
      picture.luma[static_cast<std::size_t>(row * picture.width + column)] =
          static_cast<float>(std::clamp(value, 0.0, 255.0));
    }
  }
  picture.cb = static_cast<float>(100 + number * 23 % 60);
  picture.cr = static_cast<float>(100 + number * 37 % 60);
  return picture;
}

canvas flat(float tone) {
  canvas picture;
  std::fill(picture.luma.begin(), picture.luma.end(), tone);
  return picture;
}

canvas lit(canvas picture, float gain, float offset) {
  for (float& sample : picture.luma)
    sample = std::clamp(sample * gain + offset, 0.0F, 255.0F);
  picture.cb = 128 + (picture.cb - 128) * std::min(gain, 1.0F);
  picture.cr = 128 + (picture.cr - 128) * std::min(gain, 1.0F);
  return picture;
}

canvas mixed(const canvas& from, const canvas& to, float share) {
  canvas picture = from;
  for (std::size_t n = 0; n < picture.luma.size(); ++n)
    picture.luma[n] += share * (to.luma[n] - from.luma[n]);
  picture.cb += share * (to.cb - from.cb);
  picture.cr += share * (to.cr - from.cr);
  return picture;
}

/// Runs the detector over `count` frames at `fps`.
class screening {
public:
  using painter = std::function<canvas(int)>;

  screening(int count, const painter& paint, double fps = 25) {
    for (int n = 0; n < count; ++n) {
      add(paint(n), {n, from_seconds(n / fps)});
      lag_ = std::max(lag_, n + 1 - detector_.settled());
    }
    take(detector_.finish());
  }

  std::vector<std::int64_t> cuts() const {
    std::vector<std::int64_t> frames;
    for (const transition& found : found_)
      if (found.kind == transition_kind::cut)
        frames.push_back(found.first.index);
    return frames;
  }
  std::vector<transition> gradual() const {
    std::vector<transition> spans;
    for (const transition& found : found_)
      if (found.kind != transition_kind::cut)
        spans.push_back(found);
    return spans;
  }
  const std::vector<transition>& all() const { return found_; }
  std::int64_t lag() const { return lag_; }
  bool late() const { return late_; }

private:
  void add(const canvas& picture, frame_position at) {
    plane luma(picture.width, picture.height);
    unsigned noise = static_cast<unsigned>(at.index) * 2654435761U + 1;
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        noise = noise * 1664525U + 1013904223U;
        const float grain = static_cast<float>(noise >> 24) / 64 - 2;
        luma.row(y)[x] = static_cast<std::uint8_t>(
            std::clamp(picture.luma[static_cast<std::size_t>(y * picture.width + x)] + grain, 0.0F, 255.0F));
      }
    }
    const auto chroma = [&](float tone) {
      plane samples((picture.width + 1) / 2, (picture.height + 1) / 2);
      for (int y = 0; y < samples.height(); ++y)
        std::fill_n(samples.row(y), samples.width(), static_cast<std::uint8_t>(tone));
      return samples;
    };
    const plane cb = chroma(picture.cb);
    const plane cr = chroma(picture.cr);
    const std::int64_t settled = detector_.settled();
    const auto before = found_.size();
    take(detector_.push({at, luma.view(), cb.view(), cr.view(), color_matrix::bt709}));
    for (std::size_t n = before; n < found_.size(); ++n)
      late_ = late_ || found_[n].first.index < settled;
  }
  void take(const std::vector<transition>& more) { found_.insert(found_.end(), more.begin(), more.end()); }

  cut_detector detector_;
  std::vector<transition> found_;
  std::int64_t lag_ = 0;
  bool late_ = false;
};

using frames = std::vector<std::int64_t>;

} // namespace

TEST_CASE("a cut is the first frame of the new shot") {
  const screening seen(120, [](int n) { return n < 31 ? scene(1) : n < 77 ? scene(2) : scene(3); });
  CHECK(seen.cuts() == frames{31, 77});
  CHECK(seen.gradual().empty());
}

TEST_CASE("a cut between moving shots is found") {
  const screening seen(90, [](int n) { return n < 40 ? scene(1, 2.0 * n) : scene(4, 0, -1.6 * n); });
  CHECK(seen.cuts() == frames{40});
}

TEST_CASE("shots of four frames are told apart") {
  const screening seen(60, [](int n) { return n < 20 ? scene(1) : n < 24 ? scene(2) : n < 28 ? scene(3) : scene(5); });
  CHECK(seen.cuts() == frames{20, 24, 28});
}

TEST_CASE("instant changes to and from black are cuts") {
  const screening seen(90, [](int n) { return n < 30 || n >= 60 ? scene(n < 30 ? 1 : 2) : flat(0); });
  CHECK(seen.cuts() == frames{30, 60});
}

TEST_CASE("camera moves are no changes of shot") {
  CHECK(screening(100, [](int n) { return scene(1, 4.0 * n, 0); }).all().empty());
  CHECK(screening(100, [](int n) { return scene(2, 6 * std::sin(0.9 * n), 5 * std::cos(1.3 * n)); }).all().empty());
  CHECK(screening(100, [](int n) { return scene(3, 0, n < 50 ? 0 : 10.0 * (n - 50)); }).all().empty());
}

TEST_CASE("flashes are no cuts, and hide none beside them") {
  const auto flash = [](int n, int at, const canvas& picture) {
    return n >= at && n < at + 3 ? lit(picture, 1, 130) : picture;
  };
  CHECK(screening(80, [&](int n) { return flash(n, 40, scene(1)); }).cuts().empty());
  CHECK(screening(80, [&](int n) { return flash(n, 36, scene(n < 40 ? 1 : 2)); }).cuts() == frames{40});
  CHECK(screening(80, [&](int n) { return flash(n, 41, scene(n < 40 ? 1 : 2)); }).cuts() == frames{40});
}

TEST_CASE("a change of light is no cut") {
  CHECK(screening(80, [](int n) { return n < 40 ? scene(1) : lit(scene(1), 0.6F, 5); }).cuts().empty());
  CHECK(screening(80, [](int n) { return n % 4 == 0 ? lit(scene(2), 1, 25) : scene(2); }).cuts().empty());
}

TEST_CASE("repeated frames are no cuts and hide none") {
  const screening seen(120, [](int n) { return n < 60 ? scene(1, 5.0 * (n / 2)) : scene(2, 5.0 * (n / 2)); });
  CHECK(seen.cuts() == frames{60});
}

TEST_CASE("a caption or a passing object is no cut") {
  const screening caption(80, [](int n) {
    canvas picture = scene(1);
    for (int y = 60; n >= 40 && y < 74; ++y)
      for (int x = 25; x < 135; ++x)
        picture.luma[static_cast<std::size_t>(y * picture.width + x)] = (x / 6 + y / 7) % 2 == 0 ? 250.0F : 20.0F;
    return picture;
  });
  CHECK(caption.all().empty());
  const screening passing(80, [](int n) {
    canvas picture = scene(2);
    for (int y = 14; y < picture.height; ++y)
      for (int x = std::max(0, 8 * (n - 30)); x < std::min(picture.width, 8 * (n - 30) + 60); ++x)
        picture.luma[static_cast<std::size_t>(y * picture.width + x)] = 40;
    return picture;
  });
  CHECK(passing.cuts().empty());
}

TEST_CASE("dissolves of many lengths are found as spans") {
  for (const int length : {8, 14, 20, 48}) {
    const screening seen(70 + length, [&](int n) {
      return mixed(scene(1), scene(2),
                   std::clamp(static_cast<float>(n - 35) / static_cast<float>(length + 1), 0.0F, 1.0F));
    });
    INFO("length " << length);
    CHECK(seen.cuts() == frames{});
    REQUIRE(seen.gradual().size() == 1);
    const transition found = seen.gradual().front();
    CHECK(found.kind == transition_kind::dissolve);
    CHECK(std::abs(found.first.index - 36) <= 2);
    CHECK(std::abs(found.last.index - (35 + length)) <= 2);
  }
}

TEST_CASE("a fade out and a fade in are found with their kind") {
  const screening seen(120, [](int n) {
    const float light = n < 60 ? std::clamp(static_cast<float>(50 - n) / 20, 0.0F, 1.0F)
                               : std::clamp(static_cast<float>(n - 65) / 16, 0.0F, 1.0F);
    return lit(scene(n < 60 ? 1 : 2), light, 0);
  });
  CHECK(seen.cuts() == frames{});
  REQUIRE(seen.gradual().size() == 2);
  CHECK(seen.gradual()[0].kind == transition_kind::fade_out);
  CHECK(std::abs(seen.gradual()[0].last.index - 49) <= 2);
  CHECK(seen.gradual()[1].kind == transition_kind::fade_in);
  CHECK(std::abs(seen.gradual()[1].first.index - 66) <= 2);
}

TEST_CASE("slow dissolves are found at any frame rate") {
  for (const double fps : {25.0, 30.0, 60.0}) {
    const int length = static_cast<int>(3 * fps);
    const screening seen(
        120 + length,
        [&](int n) {
          return mixed(scene(1), scene(2),
                       std::clamp(static_cast<float>(n - 50) / static_cast<float>(length), 0.0F, 1.0F));
        },
        fps);
    INFO(fps << " frames a second");
    CHECK(seen.cuts() == frames{});
    REQUIRE(seen.gradual().size() == 1);
    CHECK(seen.gradual().front().kind == transition_kind::dissolve);
    CHECK(std::abs(seen.gradual().front().first.index - 51) <= 8);
    CHECK(std::abs(seen.gradual().front().last.index - (49 + length)) <= 8);
    CHECK(seen.lag() <= cut_detector::lag);
  }
}

TEST_CASE("a title that appears over a picture is no dissolve") {
  const screening seen(120, [](int n) {
    canvas title = scene(1);
    for (int y = 20; y < 60; ++y)
      for (int x = 30; x < 130; ++x)
        title.luma[static_cast<std::size_t>(y * title.width + x)] = (x / 12 + y / 14) % 2 == 0 ? 250.0F : 120.0F;
    return mixed(scene(1), title, std::clamp(static_cast<float>(n - 40) / 30, 0.0F, 1.0F));
  });
  CHECK(seen.all().empty());
}

TEST_CASE("a slow tilt from sky to ground is no transition") {
  // A regression: what comes into the picture looked like the front of a wipe at low resolution.
  const canvas sky = flat(215);
  const auto tilt = [&](int n, double speed) {
    const double shift = speed * std::clamp(n - 20, 0, 90);
    canvas picture = scene(3, 0, shift);
    for (int y = 0; y < picture.height; ++y)
      for (int x = 0; x < picture.width; ++x)
        if (y + shift < 90 + 8 * std::sin(0.1 * x))
          picture.luma[static_cast<std::size_t>(y * picture.width + x)] =
              sky.luma[static_cast<std::size_t>(y * picture.width + x)];
    return picture;
  };
  CHECK(screening(140, [&](int n) { return tilt(n, 1.0); }).all().empty());
  CHECK(screening(140, [&](int n) { return tilt(n, 1.6); }).all().empty());
}

TEST_CASE("a wipe with a soft front is a wipe") {
  const screening seen(100, [](int n) {
    const canvas first = scene(1);
    const canvas next = scene(2);
    canvas picture = first;
    const float progress = std::clamp(static_cast<float>(n - 35) / 20, 0.0F, 1.0F);
    for (int y = 0; y < picture.height; ++y) {
      for (int x = 0; x < picture.width; ++x) {
        const auto at = static_cast<std::size_t>(y * picture.width + x);
        const float share = std::clamp(2 * progress - static_cast<float>(x) / 160, 0.0F, 1.0F);
        picture.luma[at] += share * (next.luma[at] - first.luma[at]);
      }
    }
    picture.cb += progress * (next.cb - first.cb);
    picture.cr += progress * (next.cr - first.cr);
    return picture;
  });
  REQUIRE(seen.gradual().size() == 1);
  CHECK(seen.gradual().front().kind == transition_kind::wipe);
}

TEST_CASE("a wipe is one span") {
  const screening seen(90, [](int n) {
    canvas picture = scene(1);
    const canvas next = scene(2);
    const int edge = std::clamp((n - 35) * 8, 0, 160);
    picture.cb += (next.cb - picture.cb) * static_cast<float>(edge) / 160;
    picture.cr += (next.cr - picture.cr) * static_cast<float>(edge) / 160;
    for (int y = 0; y < picture.height; ++y)
      std::copy_n(next.luma.begin() + y * picture.width, edge, picture.luma.begin() + y * picture.width);
    return picture;
  });
  CHECK(seen.cuts() == frames{});
  REQUIRE(seen.gradual().size() == 1);
  CHECK(seen.gradual().front().kind == transition_kind::wipe);
}

TEST_CASE("a change of picture size alone is no cut") {
  const screening seen(80, [](int n) {
    canvas picture = scene(1);
    if (n < 40)
      return picture;
    canvas half;
    half.width = picture.width / 2;
    half.height = picture.height / 2;
    half.luma.resize(static_cast<std::size_t>(half.width) * static_cast<std::size_t>(half.height));
    half.cb = picture.cb;
    half.cr = picture.cr;
    for (int y = 0; y < half.height; ++y) {
      for (int x = 0; x < half.width; ++x) {
        const float* quad = picture.luma.data() + 2 * y * picture.width + 2 * x;
        half.luma[static_cast<std::size_t>(y * half.width + x)] =
            (quad[0] + quad[1] + quad[picture.width] + quad[picture.width + 1]) / 4;
      }
    }
    return half;
  });
  CHECK(seen.all().empty());
}

TEST_CASE("transitions come in order, within a bounded lag, and never before what is settled") {
  const screening seen(400, [](int n) {
    const int shot = n / 37;
    const int into = n % 37;
    return into >= 27 && shot % 3 == 1 ? mixed(scene(shot), scene(shot + 1), static_cast<float>(into - 26) / 11)
                                       : scene(shot);
  });
  CHECK(seen.all().size() >= 8);
  CHECK(std::is_sorted(seen.all().begin(), seen.all().end(),
                       [](const transition& a, const transition& b) { return a.first < b.first; }));
  CHECK(seen.lag() <= cut_detector::lag);
  CHECK_FALSE(seen.late());
}

TEST_CASE("an empty stream and a single frame have no transitions") {
  cut_detector none;
  CHECK(none.finish().empty());
  CHECK(screening(1, [](int) { return scene(1); }).all().empty());
}
