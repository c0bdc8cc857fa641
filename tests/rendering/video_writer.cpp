#include "rendering/video_writer.hpp"

#include "media/frame_source.hpp"
#include "media/sampled_picture.hpp"
#include "rendering/render.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <vector>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

[[maybe_unused]] const bool quiet = (prepare_media_process(), true); // FFmpeg's encoders print

std::vector<std::uint8_t> plain(picture_size size, std::uint8_t blue, std::uint8_t green, std::uint8_t red) {
  std::vector<std::uint8_t> pixels;
  for (int i = 0; i < size.width * size.height; ++i)
    pixels.insert(pixels.end(), {blue, green, red, 0});
  pixels.resize(pixels.size() + 64); // read by whole vectors
  return pixels;
}

unique_fd created(const std::string& path) {
  return unique_fd{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600)};
}

struct read_back {
  std::vector<media_time> times;
  std::vector<std::vector<std::uint8_t>> pictures; // bgr24
  picture_size size;
  media_facts facts;
};

read_back read(const std::string& path) {
  unique_fd fd{::open(path.c_str(), O_RDONLY)};
  auto source = open_source(std::move(fd), false, path, {.threads = 1});
  INFO((source ? "" : source.error().message));
  REQUIRE(source);
  read_back file;
  picture_sampler sampler;
  for (;;) {
    const auto frame = (*source)->next();
    REQUIRE(frame);
    if (!*frame)
      break;
    file.times.push_back((*frame)->at.time);
    std::vector<std::uint8_t> pixels(2000 * 2000 * 3);
    const auto size = sampler.sample(**frame, {2000, sample_format::bgr24}, pixels);
    REQUIRE(size);
    file.size = *size;
    pixels.resize(static_cast<std::size_t>(size->width) * static_cast<std::size_t>(size->height) * 3);
    file.pictures.push_back(std::move(pixels));
  }
  file.facts = (*source)->finish();
  return file;
}

/// A video of plain pictures at these times.
void write(const std::string& path, picture_size size, const std::vector<media_time>& times, media_time end) {
  auto writer = video_writer::open(created(path), {.size = size, .ticks_per_s = 1000, .rate_hz = 25});
  INFO((writer ? "" : writer.error().message));
  REQUIRE(writer);
  for (const auto time : times)
    REQUIRE((*writer)->write(plain(size, 200, 120, 40), time));
  REQUIRE((*writer)->finish(end));
}

} // namespace

TEST_CASE("pictures of uneven times are read back with exactly these times and their colours") {
  const tests::temporary_folder folder;
  const std::vector<media_time> times{0ms, 40ms, 45ms, 1s, 1001ms, 20s, 21s};
  const auto path = folder.at("a.mp4");
  write(path, {64, 48}, times, 22s);
  const auto file = read(path);
  CHECK(file.times == times);
  CHECK(file.facts.duration == 22s);
  CHECK(file.size == picture_size{64, 48});
  for (const auto& picture : file.pictures) {
    CHECK(picture[3000] == Approx(200).margin(4));
    CHECK(picture[3001] == Approx(120).margin(4));
    CHECK(picture[3002] == Approx(40).margin(4));
  }
}

TEST_CASE("without an encoder of H.264, MPEG-4 has the same times and colours") {
  const tests::temporary_folder folder;
  const std::vector<media_time> times{0ms, 40ms, 45ms, 1s, 20s};
  auto writer = video_writer::open(created(folder.at("a.mp4")),
                                   {.size = {64, 48}, .ticks_per_s = 1000, .rate_hz = 24000.0 / 1001, .h264 = false});
  REQUIRE(writer);
  for (const auto time : times)
    REQUIRE((*writer)->write(plain({64, 48}, 200, 120, 40), time));
  REQUIRE((*writer)->finish(22s));
  const auto file = read(folder.at("a.mp4"));
  CHECK(file.facts.codec == "mpeg4");
  CHECK(file.times == times);
  CHECK(file.facts.duration == 22s);
  for (const auto& picture : file.pictures) {
    CHECK(picture[3000] == Approx(200).margin(6));
    CHECK(picture[3001] == Approx(120).margin(6));
    CHECK(picture[3002] == Approx(40).margin(6));
  }
}

TEST_CASE("a video of one picture lasts until its end") {
  const tests::temporary_folder folder;
  write(folder.at("a.mp4"), {64, 48}, {0ms}, 3s);
  CHECK(read(folder.at("a.mp4")).facts.duration == 3s);
}

TEST_CASE("the first picture may come after the start") {
  const tests::temporary_folder folder;
  write(folder.at("a.mp4"), {64, 48}, {500ms, 600ms}, 1s);
  const auto file = read(folder.at("a.mp4"));
  CHECK(file.facts.start + file.times.front() == 500ms);
  CHECK(file.times[1] - file.times[0] == 100ms);
}

TEST_CASE("times that do not go up are a tick apart") {
  const tests::temporary_folder folder;
  write(folder.at("a.mp4"), {64, 48}, {0ms, 40ms, 40ms, 40ms, 80ms}, 120ms);
  CHECK(read(folder.at("a.mp4")).times == std::vector<media_time>{0ms, 40ms, 41ms, 42ms, 80ms});
}

TEST_CASE("of pictures with odd sides the last column and row are left out; single pixels are refused") {
  const tests::temporary_folder folder;
  write(folder.at("a.mp4"), {65, 49}, {0ms, 40ms}, 80ms);
  const auto file = read(folder.at("a.mp4"));
  CHECK(file.size == picture_size{64, 48});
  CHECK(file.pictures.back().back() == Approx(40).margin(4));
  const auto refused = video_writer::open(created(folder.at("b.mp4")), {.size = {1, 40}, .ticks_per_s = 25});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("1x40") != std::string::npos);
}

TEST_CASE("a full disk is told in the operating system's words") {
  auto writer = video_writer::open(unique_fd{::open("/dev/full", O_WRONLY)}, {.size = {64, 48}, .ticks_per_s = 25});
  expected<void> result;
  if (!writer) {
    result = tl::unexpected{writer.error()};
  } else {
    result = (*writer)->write(plain({64, 48}, 1, 2, 3), 0ms);
    if (result)
      result = (*writer)->finish(1s);
  }
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find("No space left") != std::string::npos);
}

TEST_CASE("a rendered video has the input's times, and differs from it where a box is") {
  const tests::temporary_folder folder;
  const std::vector<media_time> times{0ms, 40ms, 45ms, 1s, 1500ms, 1540ms};
  constexpr picture_size size{320, 180};
  write(folder.at("in.mp4"), size, times, 2s);
  render_order order;
  order.source.threads = 1;
  order.found.media = read(folder.at("in.mp4")).facts;
  event found;
  found.analyzer = "object_detection";
  found.kind = "object";
  found.start = {2, times[2]};
  found.end = frame_position{3, times[3]};
  found.area = box{0.25, 0.25, 0.5, 0.5};
  order.found.events = {found};
  std::vector<std::int64_t> told;
  const auto drawn = render(order,
                            {unique_fd{::open(folder.at("in.mp4").c_str(), O_RDONLY)}, created(folder.at("out.mp4")),
                             created(folder.at("sheet.png"))},
                            [&](const render_progress& progress) { told.push_back(progress.frames); });
  INFO((drawn ? "" : drawn.error().message));
  REQUIRE(drawn);
  CHECK(told == std::vector<std::int64_t>{1, 2, 3, 4, 5, 6});
  const auto file = read(folder.at("out.mp4"));
  CHECK(file.times == times);
  CHECK(file.facts.duration == 2s);
  for (std::size_t i = 0; i < times.size(); ++i) {
    // On the left side of the box.
    const auto* pixel = file.pictures[i].data() + 3 * (90 * size.width + size.width / 4);
    const bool inside = i == 2 || i == 3;
    CHECK((std::abs(pixel[0] - 200) + std::abs(pixel[1] - 120) > 40) == inside);
  }
  CHECK(std::filesystem::file_size(folder.at("sheet.png")) == 0); // no scenes
}
