#include "made_media.hpp"
#include "tests/catch.hpp"

#include <algorithm>

namespace timeloom {

using tests::decoded;
using tests::in_milliseconds;
using tests::made;
using tests::written;

namespace {

/// 20 frames whose brightness tells their number, 25 a second.
constexpr auto counted = "-f lavfi -i color=black:s=64x48:r=25:d=0.8,format=yuv420p,geq=lum='30+N*9':cb=128:cr=128 ";

int number_of(const tests::kept_picture& picture) {
  const double stored = picture.luma_in(0, 0, 1, 1) * 219 / 255 + 16;
  return static_cast<int>((stored - 30) / 9 + 0.5);
}

std::vector<double> steps_of_40(std::size_t count, double first = 0) {
  std::vector<double> times;
  for (std::size_t i = 0; i < count; ++i)
    times.push_back(first + 40 * static_cast<double>(i));
  return times;
}

} // namespace

TEST_CASE("times of variable frame rate are the container's, not a rate's") {
  const auto file =
      decoded(made("vfr.mp4", "-f lavfi -i testsrc2=s=64x48:r=25:d=0.2,settb=1/1000,setpts=N*N*40 "
                              "-fps_mode passthrough -enc_time_base 1/1000 -c:v libx264 -video_track_timescale 1000"));
  CHECK(in_milliseconds(file.times) == std::vector<double>{0, 40, 160, 360, 640});
}

TEST_CASE("two rates in one file keep their own times") {
  const auto file = decoded(made(
      "two-rates.mkv", "-f lavfi -i testsrc2=s=64x48:r=10:d=0.4 -f lavfi -i testsrc2=s=64x48:r=50:d=0.08 "
                       "-filter_complex '[0]settb=1/1000[a];[1]settb=1/1000[b];[a][b]concat' -fps_mode passthrough "
                       "-enc_time_base 1/1000 -c:v libx264"));
  CHECK(in_milliseconds(file.times) == std::vector<double>{0, 100, 200, 300, 400, 420, 440, 460});
}

TEST_CASE("29.97 frames a second stay exact over the file") {
  const auto file = decoded(made("ntsc.mp4", "-f lavfi -i testsrc2=s=32x32:r=30000/1001:d=3 -c:v libx264"));
  REQUIRE(file.times.size() == 90);
  for (std::size_t i = 0; i < file.times.size(); ++i)
    CHECK(std::abs(file.times[i].count() - std::llround(static_cast<double>(i) * 1001e9 / 30000)) <= 1);
  CHECK(file.facts.rate_hz == Approx(30000.0 / 1001));
}

TEST_CASE("frames that nobody looks at come without their picture, each at its time") {
  const auto path = made("seven.mp4", std::string{counted} + "-c:v libx264");
  auto source = tests::opened(path);
  REQUIRE(source);
  std::vector<media_time> asked, times;
  (*source)->leave_out([&asked](media_time time) {
    asked.push_back(time);
    return asked.size() % 7 == 0;
  });
  std::vector<int> looked_at;
  for (int number = 0;; ++number) {
    const auto frame = (*source)->next();
    REQUIRE(frame);
    if (!*frame)
      break;
    CHECK((*frame)->at.index == number);
    times.push_back((*frame)->at.time);
    if ((*frame)->picture) {
      looked_at.push_back(number);
      CHECK(number_of(tests::reduced(**frame)) == number);
    }
  }
  CHECK(looked_at == std::vector{0, 6, 13}); // the first, and every seventh
  CHECK(in_milliseconds(times) == steps_of_40(20));
  CHECK(asked == times);
  CHECK((*source)->facts().frames == 20);
  CHECK((*source)->facts().width == 64);
}

TEST_CASE("B-frames come out in the order in which they are shown") {
  for (const std::string name : {"b.mp4", "b.mkv", "b.ts", "b.avi", "b.h264"}) {
    CAPTURE(name);
    const auto file = decoded(made(name, std::string{counted} + "-c:v libx264 -bf 3 -b_strategy 0 -g 20"));
    std::vector<int> numbers;
    for (const auto& picture : file.pictures)
      numbers.push_back(number_of(picture));
    CHECK(std::is_sorted(numbers.begin(), numbers.end()));
    CHECK(numbers.front() == 0);
    CHECK(numbers.back() == 19);
    CHECK(file.times.size() == 20);
    CHECK(std::is_sorted(file.times.begin(), file.times.end()));
    if (!name.ends_with(".avi") && !name.ends_with(".h264")) // these two know no presentation times
      CHECK(in_milliseconds(file.times) == steps_of_40(20));
  }
}

TEST_CASE("an edit list hides the frames before its start") {
  made("whole.mp4", std::string{counted} + "-c:v libx264 -bf 2 -g 20");
  const auto file = decoded(made("edited.mp4", "-ss 0.2 -i whole.mp4 -c copy"));
  REQUIRE(file.times.size() == 15);
  CHECK(number_of(file.pictures.front()) == 5);
  CHECK(number_of(file.pictures.back()) == 19);
  CHECK(in_milliseconds(file.times) == steps_of_40(15));
}

TEST_CASE("pictures that start after the sound keep their distance from it") {
  const auto file =
      decoded(made("late-pictures.mov", "-f lavfi -i sine=d=1 -itsoffset 0.48 " + std::string{counted} +
                                            "-map 0 -map 1 -c:a pcm_s16le -c:v libx264 -fps_mode passthrough"));
  CHECK(in_milliseconds(file.times) == steps_of_40(20, 480));
  CHECK(file.facts.has_audio);
  CHECK(to_seconds(file.facts.duration) == Approx(1.28));
}

TEST_CASE("sound that starts after the pictures does not move them") {
  const auto file = decoded(made("late-sound.mov", std::string{counted} + "-itsoffset 0.5 -f lavfi -i sine=d=0.3 "
                                                                          "-map 0 -map 1 -c:a pcm_s16le -c:v libx264"));
  CHECK(in_milliseconds(file.times) == steps_of_40(20));
  CHECK(file.facts.start == media_time{0});
}

TEST_CASE("a transport stream's own start is 0 on the timeline, and kept as a fact") {
  const auto file = decoded(made("offset.ts", std::string{counted} + "-c:v libx264 -bf 2 -output_ts_offset 1000"));
  CHECK(in_milliseconds(file.times) == steps_of_40(20));
  CHECK(to_seconds(file.facts.start) == Approx(1001.4).margin(0.2));
}

TEST_CASE("recordings joined into one transport stream follow each other") {
  // Times that jumped back were all held at the last one before the jump.
  const auto first =
      tests::bytes_of(made("join-a.ts", std::string{counted} + "-c:v mpeg2video -q:v 2 -output_ts_offset 500"));
  const auto second = tests::bytes_of(made("join-b.ts", std::string{counted} + "-c:v mpeg2video -q:v 2"));
  for (const auto& bytes : {first + second, second + first}) {
    const auto file = decoded(written("joined.ts", bytes));
    REQUIRE(file.times.size() >= 39);
    CHECK(std::adjacent_find(file.times.begin(), file.times.end(), std::greater_equal{}) == file.times.end());
    CHECK(to_seconds(file.facts.duration) == Approx(1.6).margin(0.1));
  }
}

TEST_CASE("a GIF's delays are its times") {
  const auto file = decoded(made("delays.gif", "-f lavfi -i testsrc2=s=32x32:r=25:d=0.16,settb=1/100,setpts=N*N*10 "
                                               "-fps_mode passthrough"));
  CHECK(in_milliseconds(file.times) == std::vector<double>{0, 100, 400, 900});
  CHECK(file.facts.container == "gif");
}

TEST_CASE("hostile times neither overflow nor run backwards") {
  // The first time of the first cluster, and block times, of a Matroska file become anything.
  const auto good = tests::bytes_of(made("clock.mkv", std::string{counted} + "-c:v mpeg4"));
  const auto at = good.find("\x2A\xD7\xB1"); // TimestampScale
  REQUIRE(at != std::string::npos);
  const auto length = static_cast<std::size_t>(good[at + 3] & 0x7F);
  auto bad = good;
  bad[at + 4] = '\x7F';
  for (std::size_t i = 1; i < length; ++i)
    bad[at + 4 + i] = '\xFF';
  const auto file = decoded(written("clock-bad.mkv", bad));
  CHECK(std::is_sorted(file.times.begin(), file.times.end()));
  CHECK(file.times.front() >= media_time{0});
  CHECK(file.facts.duration >= file.times.back());

  auto tkhd = tests::bytes_of(made("clock.mp4", std::string{counted} + "-c:v mpeg4"));
  const auto scale = tkhd.find("mdhd");
  REQUIRE(scale != std::string::npos);
  for (std::size_t i = 0; i < 4; ++i)
    tkhd[scale + 4 + 12 + i] = i == 3 ? '\x01' : '\x00'; // a tick is a second
  const auto slow = decoded(written("clock-bad.mp4", tkhd));
  CHECK(std::is_sorted(slow.times.begin(), slow.times.end()));
  CHECK(slow.facts.duration >= slow.times.back());
}

} // namespace timeloom
