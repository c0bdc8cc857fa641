#include "made_media.hpp"
#include "media/jpeg.hpp"
#include "tests/catch.hpp"

#include <cmath>
#include <span>

namespace timeloom {

using tests::decoded;
using tests::made;
using tests::written;

namespace {

using rgb = std::array<double, 3>;

struct luma_weights {
  double red, blue;
};

luma_weights weights_of(color_matrix matrix) {
  switch (matrix) {
  case color_matrix::bt601:
    return {0.299, 0.114};
  case color_matrix::bt2020:
    return {0.2627, 0.0593};
  case color_matrix::bt709:
    break;
  }
  return {0.2126, 0.0722};
}

/// Y'CbCr of a colour in full range.
rgb ycbcr_of(const rgb& color, color_matrix matrix) {
  const auto [red, blue] = weights_of(matrix);
  const double luma = red * color[0] + (1 - red - blue) * color[1] + blue * color[2];
  return {luma, (color[2] - luma) / (2 - 2 * blue) + 127.5, (color[0] - luma) / (2 - 2 * red) + 127.5};
}

/// ffmpeg's arguments for a lossless clip with a frame of each colour, stored as the matrix and range say.
std::string clip_of(std::span<const rgb> colors, color_matrix matrix, bool full_range, const std::string& format) {
  std::array<std::string, 3> stored; // expressions of a frame's number
  for (std::size_t i = 0; i < colors.size(); ++i) {
    const auto full = ycbcr_of(colors[i], matrix);
    const rgb limited{full[0] * 219 / 255 + 16, (full[1] - 127.5) * 224 / 255 + 128,
                      (full[2] - 127.5) * 224 / 255 + 128};
    for (std::size_t plane = 0; plane < 3; ++plane)
      stored.at(plane) += fmt::format("+eq(N,{})*{:.0f}", i, (full_range ? full : limited).at(plane));
  }
  const auto* name = matrix == color_matrix::bt601 ? "smpte170m" : matrix == color_matrix::bt709 ? "bt709" : "bt2020nc";
  const auto* range = full_range ? "pc" : "tv";
  // Told to the filters too, or newer ones convert what they take for another range or matrix.
  return fmt::format("-f lavfi -i \"color=black:s=66x50,format=yuv444p,setparams=range={5}:colorspace={4},"
                     "geq=lum='{0}':cb='{1}':cr='{2}'\" -frames:v {6} -pix_fmt {3} -colorspace {4} -color_range {5}",
                     stored[0], stored[1], stored[2], format, name, range, colors.size());
}

void check_near(const rgb& found, const rgb& wanted, double tolerance) {
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(found.at(i) == Approx(wanted.at(i)).margin(tolerance));
}

rgb mean_rgb(const tests::kept_sample& sample) {
  const auto bgr = sample.mean_in(0, 0, 1, 1);
  return {bgr[2], bgr[1], bgr[0]};
}

rgb mean_ycbcr(const tests::kept_picture& picture) {
  const auto mean = [](const plane& samples) {
    double sum = 0;
    for (int y = 0; y < samples.height(); ++y)
      for (int x = 0; x < samples.width(); ++x)
        sum += samples.row(y)[x];
    return sum / samples.width() / samples.height();
  };
  return {mean(picture.luma), mean(picture.cb), mean(picture.cr)};
}

constexpr std::array<rgb, 7> colors{
    {{0, 0, 0}, {255, 255, 255}, {128, 128, 128}, {220, 30, 40}, {30, 200, 60}, {40, 50, 210}, {240, 220, 30}}};

/// Three frames of four grey quarters that are all different, 64x32: a quarter is x = 0 or 1, y = 0 or 1.
constexpr auto quarters =
    "-f lavfi -i \"color=black:s=64x32:d=0.12,format=yuv420p,geq="
    "lum='if(lt(Y,16),if(lt(X,32),20,90),if(lt(X,32),160,230))':cb=128:cr=128\" -c:v libx264 -qp 0 ";
constexpr std::array<std::array<double, 2>, 2> stored_quarters{{{20, 90}, {160, 230}}}; // [y][x]

double shown(double stored) {
  return (stored - 16) * 255 / 219;
}

/// An mp4 of `quarters` with the display matrix (a b; c d) in its track header.
std::string turned_clip(const std::string& name, int a, int b, int c, int d) {
  auto bytes = tests::bytes_of(made("quarters.mp4", quarters));
  const auto matrix = bytes.find("tkhd") + 4 + 40;
  const auto put = [&](std::size_t place, int value) {
    const auto fixed = static_cast<std::uint32_t>(value * 65536);
    for (std::size_t i = 0; i < 4; ++i)
      bytes[matrix + 4 * place + i] = static_cast<char>(fixed >> (24 - 8 * i));
  };
  put(0, a), put(1, b), put(3, c), put(4, d);
  return written(name, bytes);
}

} // namespace

TEST_CASE("colours are right in every matrix, range and pixel format") {
  const auto matrix = GENERATE(color_matrix::bt601, color_matrix::bt709, color_matrix::bt2020);
  const bool full_range = GENERATE(false, true);
  const std::string format =
      GENERATE("yuv420p", "yuv422p", "yuv444p", "yuv440p", "yuv411p", "yuv420p10le", "yuv422p12le", "yuv444p16le");
  if (format != "yuv420p" && matrix != color_matrix::bt709)
    return; // formats and matrices are independent
  const auto file = decoded(made(fmt::format("color-{}-{}-{}.mkv", static_cast<int>(matrix), full_range, format),
                                 clip_of(colors, matrix, full_range, format) + " -c:v ffv1"));
  CHECK(file.facts.pixel_format == format);
  REQUIRE(file.pictures.size() == colors.size());
  for (std::size_t i = 0; i < colors.size(); ++i) {
    CAPTURE(static_cast<int>(matrix), full_range, format, i);
    const auto& picture = file.pictures[i];
    CHECK(picture.matrix == matrix);
    check_near(mean_ycbcr(picture), ycbcr_of(colors[i], matrix), 2);
    check_near(mean_rgb(file.samples[i]), colors[i], 4);
  }
}

TEST_CASE("grey samples are full range whatever the video is") {
  for (const bool full_range : {false, true})
    for (const double level : {0.0, 128.0, 255.0}) {
      const auto path =
          made(fmt::format("grey-{}-{}.mkv", full_range, level),
               clip_of(std::array<rgb, 1>{rgb{level, level, level}}, color_matrix::bt709, full_range, "yuv420p") +
                   " -c:v ffv1");
      auto source = tests::opened(path);
      const auto frame = (*source)->next();
      const auto sample = tests::sampled(**frame, {64, sample_format::gray8});
      CAPTURE(full_range, level);
      CHECK(sample.mean_in(0, 0, 1, 1)[0] == Approx(level).margin(1.5));
    }
}

TEST_CASE("interleaved, packed, grey and RGB formats give the same colours as planes do") {
  const rgb color{220, 30, 40};
  for (const std::string format : {"nv12", "nv21", "yuyv422", "uyvy422"}) {
    CAPTURE(format);
    const auto file =
        decoded(made("packed-" + format + ".nut",
                     clip_of(std::array<rgb, 1>{color}, color_matrix::bt601, false, format) + " -c:v rawvideo"));
    CHECK(file.facts.pixel_format == format);
    check_near(mean_ycbcr(file.pictures.at(0)), ycbcr_of(color, color_matrix::bt601), 2);
    check_near(mean_rgb(file.samples.at(0)), color, 4);
  }
  for (const std::string format : {"rgb24", "rgb48be", "pal8"}) {
    CAPTURE(format);
    const auto file = decoded(made("rgb-" + format + ".png", "-f lavfi -i color=0xDC1E28:s=66x50,format=rgb24 "
                                                             "-frames:v 1 -pix_fmt " +
                                                                 format));
    check_near(mean_ycbcr(file.pictures.at(0)), ycbcr_of(color, color_matrix::bt601), 3);
    check_near(mean_rgb(file.samples.at(0)), color, 3);
  }
  for (const std::string format : {"gray", "gray16be", "gray10le", "ya8"}) {
    CAPTURE(format);
    const auto file = decoded(made("gray-" + format + (format == "gray10le" ? ".mkv" : ".png"),
                                   "-f lavfi -i color=0xC8C8C8:s=66x50,format=rgb24 -frames:v 1 -pix_fmt " + format +
                                       (format == "gray10le" ? " -c:v ffv1" : "")));
    check_near(mean_ycbcr(file.pictures.at(0)), {200, 128, 128}, 2);
    check_near(mean_rgb(file.samples.at(0)), {200, 200, 200}, 2);
  }
}

TEST_CASE("a transparent picture is laid over black, in small and in sampled pictures") {
  const std::string half =
      "-f lavfi -i \"color=red:s=64x32:d=0.04,format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,32),0,255)'";
  const auto [name, arguments] = GENERATE_COPY(table<std::string, std::string>({
      {"clear.png", half + "\" -frames:v 1"},
      {"clear.gif", half + ",split[a][b];[a]palettegen[p];[b][p]paletteuse\" -frames:v 1"},
      {"clear.mkv", half + ",format=yuva420p\" -frames:v 1 -c:v ffv1"},
  }));
  CAPTURE(name);
  const auto file = decoded(made(name, arguments));
  const auto& picture = file.pictures.at(0);
  CHECK(picture.luma_in(0, 0, 0.45, 1) == Approx(0).margin(2));
  CHECK(picture.luma_in(0.55, 0, 1, 1) == Approx(255 * 0.299).margin(4));
  CHECK(picture.cr.row(4)[4] == Approx(128).margin(2));
  const auto left = file.samples.at(0).mean_in(0, 0, 0.45, 1), right = file.samples.at(0).mean_in(0.55, 0, 1, 1);
  check_near(left, {0, 0, 0}, 3);
  check_near(right, {0, 0, 255}, 5);
}

TEST_CASE("a display matrix turns every picture upright, small and sampled") {
  struct turn {
    int degrees, a, b, c, d;
    std::array<std::array<int, 2>, 4> from; // stored (x, y) of the upper left, upper right, lower left, lower right
  };
  const auto turn = GENERATE(Catch::Generators::values<struct turn>({
      {0, 1, 0, 0, 1, {{{0, 0}, {1, 0}, {0, 1}, {1, 1}}}},
      {90, 0, 1, -1, 0, {{{0, 1}, {0, 0}, {1, 1}, {1, 0}}}},
      {180, -1, 0, 0, -1, {{{1, 1}, {0, 1}, {1, 0}, {0, 0}}}},
      {270, 0, -1, 1, 0, {{{1, 0}, {1, 1}, {0, 0}, {0, 1}}}},
      {0, -1, 0, 0, 1, {{{1, 0}, {0, 0}, {1, 1}, {0, 1}}}}, // mirrored
  }));
  CAPTURE(turn.degrees, turn.a);
  const auto path = turned_clip("turned.mp4", turn.a, turn.b, turn.c, turn.d);
  const auto file = decoded(path);
  const bool on_its_side = turn.degrees % 180 != 0;
  CHECK(file.facts.rotation == turn.degrees);
  CHECK(file.facts.width == (on_its_side ? 32 : 64));
  CHECK(file.facts.height == (on_its_side ? 64 : 32));
  REQUIRE(file.pictures.size() > 1);
  for (const std::size_t frame : {std::size_t{0}, file.pictures.size() - 1}) {
    CAPTURE(frame);
    const auto& small = file.pictures.at(frame);
    CHECK(small.luma.width() == file.facts.width);
    CHECK(small.luma.height() == file.facts.height);
    CHECK(small.cb.width() == file.facts.width / 2);
    const auto& sample = file.samples.at(frame);
    CHECK(sample.size == picture_size{file.facts.width, file.facts.height});
    for (std::size_t i = 0; i < 4; ++i) {
      const double x = i % 2 == 0 ? 0 : 0.5, y = i < 2 ? 0 : 0.5;
      const auto [from_x, from_y] = turn.from.at(i);
      const double wanted =
          shown(stored_quarters.at(static_cast<std::size_t>(from_y)).at(static_cast<std::size_t>(from_x)));
      CAPTURE(i);
      CHECK(small.luma_in(x, y, x + 0.5, y + 0.5) == Approx(wanted).margin(2));
      check_near(sample.mean_in(x, y, x + 0.5, y + 0.5), {wanted, wanted, wanted}, 3);
    }
  }
}

TEST_CASE("pixels that are not square are made square in the facts and in samples") {
  const auto file = decoded(made("wide.mp4", "-f lavfi -i testsrc2=s=72x60:d=0.04 -vf setsar=16/9 -c:v libx264"));
  CHECK(file.facts.sample_aspect == Approx(16.0 / 9));
  CHECK(file.facts.width == 128);
  CHECK(file.facts.height == 60);
  CHECK(file.samples.at(0).size == picture_size{128, 60});
  const auto narrow = decoded(made("narrow.mp4", "-f lavfi -i testsrc2=s=72x60:d=0.04 -vf setsar=1/2 -c:v libx264"));
  CHECK(narrow.facts.height == 120);
  CHECK(narrow.samples.at(0).size == picture_size{72, 120});
}

TEST_CASE("the container's pixel shape goes before the codec's, as players do it") {
  made("square.mp4", "-f lavfi -i testsrc2=s=64x48:d=0.04 -vf setsar=1 -c:v libx264");
  const auto file = decoded(made("overruled.mkv", "-i square.mp4 -c copy -aspect 16:9"));
  CHECK(file.facts.sample_aspect == Approx(4.0 / 3).epsilon(0.01));
}

TEST_CASE("odd, tiny and tall pictures are read whole") {
  const auto [width, height] = GENERATE(
      table<int, int>({{853, 479}, {1, 1}, {1, 7}, {3, 1}, {2, 2}, {17, 1600}, {1281, 3}, {481, 481}, {479, 960}}));
  CAPTURE(width, height);
  for (const std::string format : {"yuv420p", "yuv444p", "rgb24", "bgra"}) {
    CAPTURE(format);
    const auto file =
        decoded(made(fmt::format("size-{}x{}-{}.mkv", width, height, format),
                     fmt::format("-f lavfi -i color=0xC8C8C8:s={}x{},format=rgb24 -frames:v 1 -pix_fmt {} -c:v ffv1",
                                 width, height, format)));
    CHECK(file.facts.width == width);
    CHECK(file.facts.height == height);
    const auto& small = file.pictures.at(0);
    CHECK(std::max(small.luma.width(), small.luma.height()) <= 480);
    CHECK(small.cb.width() == (small.luma.width() + 1) / 2);
    CHECK(small.cr.height() == (small.luma.height() + 1) / 2);
    check_near(mean_ycbcr(small), {200, 128, 128}, 2);
    check_near(mean_rgb(file.samples.at(0)), {200, 200, 200}, 3);
  }
}

TEST_CASE("a sample is never enlarged, and keeps its shape when it shrinks") {
  auto source = tests::opened(made("shape.mkv", "-f lavfi -i testsrc2=s=320x180:d=0.04 -c:v ffv1"));
  const auto frame = (*source)->next();
  CHECK(tests::sampled(**frame, {1280, sample_format::gray8}).size == picture_size{320, 180});
  CHECK(tests::sampled(**frame, {160, sample_format::bgr24}).size == picture_size{160, 90});
  CHECK(tests::sampled(**frame, {1, sample_format::bgr24}).size == picture_size{1, 1});
}

TEST_CASE("a sample that does not fit its slot is refused, and writes nothing beside it") {
  for (const int width : {1, 2, 7, 31, 33, 64, 101, 255}) {
    auto source = tests::opened(
        made(fmt::format("slot-{}.mkv", width),
             fmt::format("-f lavfi -i color=gray:s={}x9,format=rgb24 -frames:v 1 -pix_fmt yuv420p -c:v ffv1", width)));
    const auto frame = (*source)->next();
    picture_sampler sampler;
    for (const auto format : {sample_format::gray8, sample_format::bgr24}) {
      CAPTURE(width, static_cast<int>(format));
      const auto bytes = static_cast<std::size_t>(width * 9 * bytes_per_pixel(format));
      std::vector<std::uint8_t> slot(bytes + 256, 0xA5);
      const auto small = sampler.sample(**frame, {1280, format}, {slot.data(), bytes - 1});
      REQUIRE_FALSE(small);
      CHECK(small.error().code == errc::exhausted);
      REQUIRE(sampler.sample(**frame, {1280, format}, {slot.data(), bytes}));
      CHECK(
          std::all_of(slot.begin() + static_cast<std::ptrdiff_t>(bytes), slot.end(), [](auto b) { return b == 0xA5; }));
    }
  }
}

TEST_CASE("a stream may change its size on the way") {
  const auto first = tests::bytes_of(made("size-a.ts", "-f lavfi -i color=white:s=64x48:r=25:d=0.4 -c:v libx264 -g 5"));
  const auto second = tests::bytes_of(
      made("size-b.ts", "-f lavfi -i color=white:s=128x72:r=25:d=0.4 -c:v libx264 -g 5 -output_ts_offset 0.4"));
  const auto file = decoded(written("sizes.ts", first + second));
  REQUIRE(file.times.size() >= 18);
  CHECK(file.facts.width == 64);
  CHECK(file.samples.front().size == picture_size{64, 48});
  CHECK(file.samples.back().size == picture_size{128, 72});
  CHECK(file.pictures.back().luma.width() == 128);
  CHECK(file.pictures.back().luma_in(0, 0, 1, 1) == Approx(255).margin(3));
}

TEST_CASE("pictures over the limit are refused with their size") {
  const auto path = made("large.png", "-f lavfi -i color=red:s=400x300 -frames:v 1");
  auto source = tests::opened(path, {.threads = 1, .max_pixels = 399 * 300});
  if (source) {
    const auto frame = (*source)->next();
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == errc::corrupt_media);
    CHECK(frame.error().message.find("400x300") != std::string::npos);
  }
  auto allowed = tests::opened(path, {.threads = 1, .max_pixels = 500 * 400});
  REQUIRE(allowed);
  CHECK((*allowed)->next());
}

TEST_CASE("a thumbnail decodes to the colours it was made of") {
  for (const auto matrix : {color_matrix::bt601, color_matrix::bt709, color_matrix::bt2020})
    for (const auto& color : colors) {
      const auto stored = ycbcr_of(color, matrix);
      plane luma{64, 48}, cb{32, 24}, cr{32, 24};
      const auto fill = [](plane& samples, double level) {
        std::fill_n(samples.row(0), samples.width() * samples.height(), static_cast<std::uint8_t>(level + 0.5));
      };
      fill(luma, stored[0]), fill(cb, stored[1]), fill(cr, stored[2]);
      for (const auto& size : {picture_size{80, 60}, picture_size{64, 48}, picture_size{31, 21}}) {
        const auto jpeg = encode_jpeg({{}, luma.view(), cb.view(), cr.view(), matrix}, size.width, size.height);
        REQUIRE(jpeg);
        const auto file = decoded(written("thumbnail.jpg", *jpeg));
        CHECK(file.facts.width == size.width);
        CHECK(file.facts.height == size.height);
        CAPTURE(static_cast<int>(matrix), color[0], color[1], color[2], size.width);
        check_near(mean_rgb(file.samples.at(0)), color, 6);
      }
    }
}

} // namespace timeloom
