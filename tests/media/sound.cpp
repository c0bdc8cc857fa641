#include "made_media.hpp"
#include "tests/catch.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

using tests::bytes_of;
using tests::made;
using tests::written;

namespace {

/// Two seconds of pictures, and a tone from 1.0 s to 1.5 s.
constexpr auto film = "-f lavfi -i testsrc2=s=64x48:r=25:d=2 ";
constexpr auto burst = "-f lavfi -i \"aevalsrc='0.5*sin(2*PI*1000*t)*between(t,1,1.5)':s=48000:d=2\" ";

std::string with_burst(const std::string& how) {
  return std::string{film} + burst + "-c:v libx264 " + how;
}

struct heard_file {
  std::vector<sound_block> blocks;
  std::optional<sound_facts> facts;
  std::int64_t frames = 0;
  std::string error;
};

heard_file hear(const std::string& path, std::size_t most_blocks = 100'000) {
  auto source = tests::opened(path);
  REQUIRE(source);
  heard_file heard;
  (*source)->listen([&](sound_block block) {
    heard.blocks.push_back(std::move(block));
    return heard.blocks.size() < most_blocks;
  });
  for (;;) {
    auto frame = (*source)->next();
    if (!frame)
      heard.error = frame.error().message;
    if (!frame || !*frame)
      break;
    ++heard.frames;
  }
  (*source)->finish();
  heard.facts = (*source)->sound();
  return heard;
}

/// When the first and the last sample of any size were heard, in seconds.
std::pair<double, double> loud_part(const heard_file& heard) {
  double first = -1, last = -1;
  for (const auto& block : heard.blocks)
    for (std::size_t i = 0; i < block.samples.size(); ++i)
      if (std::abs(block.samples[i]) > 0.2) {
        last = to_seconds(block.time_of(i / block.channels.size()));
        if (first < 0)
          first = last;
      }
  return {first, last};
}

float largest(const heard_file& heard) {
  float size = 0;
  for (const auto& block : heard.blocks)
    for (const float sample : block.samples)
      size = std::max(size, std::abs(sample));
  return size;
}

} // namespace

TEST_CASE("sound lies on the time axis of the pictures, whatever codec and container it comes in") {
  for (const auto& [name, how] : std::vector<std::pair<std::string, std::string>>{
           {"aac.mp4", "-c:a aac"},
           {"opus.mkv", "-c:a libopus"},
           {"mp2.ts", "-c:a mp2"},
           {"vorbis.webm", "-c:v libvpx -deadline realtime -c:a libvorbis"},
           {"pcm.avi", "-c:a pcm_s16le"},
           {"late.mkv", "-c:a flac -output_ts_offset 7"}}) {
    CAPTURE(name);
    const auto heard = hear(made(name, with_burst(how)));
    CHECK(heard.frames == 50);
    REQUIRE(heard.facts);
    CHECK(heard.facts->errors == 0);
    const auto [first, last] = loud_part(heard);
    CHECK(first == Approx(1.0).margin(0.02));
    CHECK(last == Approx(1.5).margin(0.02));
    for (std::size_t i = 0; i < heard.blocks.size(); ++i) {
      CHECK(heard.blocks[i].frames() < static_cast<std::size_t>(heard.blocks[i].rate_hz) / 2);
      if (i > 0)
        CHECK(heard.blocks[i].start >= heard.blocks[i - 1].end() - std::chrono::nanoseconds{2});
    }
  }
}

TEST_CASE("samples of every format have the same size") {
  for (const std::string codec : {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "flac"}) {
    CAPTURE(codec);
    const auto heard = hear(made(codec + ".mkv", with_burst("-c:a " + codec)));
    CHECK(largest(heard) == Approx(0.5).margin(0.01));
  }
}

TEST_CASE("channels have the roles that loudness gives them") {
  using enum channel_role;
  const auto roles = [](const std::string& name, const std::string& layout) {
    const auto heard = hear(made(name, with_burst("-c:a pcm_s16le -af aformat=channel_layouts=" + layout)));
    REQUIRE_FALSE(heard.blocks.empty());
    return heard.blocks.front().channels;
  };
  CHECK(roles("mono.mov", "mono") == std::vector{front});
  CHECK(roles("5.1.mov", "5.1") == std::vector{front, front, front, low_frequency, surround, surround});
  CHECK(roles("7.1.mov", "7.1") == std::vector{front, front, front, low_frequency, front, front, surround, surround});
}

TEST_CASE("any number of channels is heard") {
  const auto heard = hear(made("many.mkv", with_burst("-c:a pcm_s16le -af aformat=channel_layouts=hexadecagonal")));
  REQUIRE_FALSE(heard.blocks.empty());
  CHECK(heard.blocks.front().channels.size() == 16);
  CHECK(largest(heard) > 0.3);
  CHECK(heard.facts->errors == 0);
}

TEST_CASE("a stream whose rate and channels change is heard on") {
  const auto one = bytes_of(made("one.ts", with_burst("-c:a aac -ar 44100 -ac 1")));
  const auto other = bytes_of(made("other.ts", with_burst("-c:a aac -ar 48000 -ac 2")));
  const auto heard = hear(written("both.ts", one + other));
  CHECK(heard.frames == 100);
  REQUIRE_FALSE(heard.blocks.empty());
  CHECK(heard.blocks.front().rate_hz == 44100);
  CHECK(heard.blocks.front().channels.size() == 1);
  CHECK(heard.blocks.back().rate_hz == 48000);
  CHECK(heard.blocks.back().channels.size() == 2);
  const auto [first, last] = loud_part(heard);
  CHECK(first == Approx(1.0).margin(0.05));
  CHECK(last == Approx(3.5).margin(0.1));
}

TEST_CASE("sound that is broken is counted, and the pictures stay whole") {
  auto bytes = bytes_of(made("whole.avi", with_burst("-c:a mp2")));
  // Every audio chunk of an AVI is named "01wb", as it is in the index at the end; its head is overwritten.
  std::size_t chunks = 0;
  for (auto at = bytes.find("01wb"); at < bytes.find("idx1"); at = bytes.find("01wb", at + 4))
    if (++chunks % 2 == 0)
      std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at) + 8, 64, '\x00');
  REQUIRE(chunks > 10);
  const auto heard = hear(written("broken-sound.avi", bytes));
  CHECK(heard.frames == 50);
  CHECK(heard.error.empty());
  REQUIRE(heard.facts);
  CHECK(heard.facts->errors > 0);
  CHECK(heard.facts->first_error.starts_with("after "));
}

TEST_CASE("samples that are no numbers become silence, and are told") {
  const auto heard =
      hear(made("nan.mkv", std::string{film} + "-f lavfi -i \"aevalsrc='if(between(t,1,1.1),0/0,0.5)':s=48000:d=2\" "
                                               "-c:v libx264 -c:a pcm_f32le"));
  CHECK(largest(heard) < 1);
  REQUIRE(heard.facts);
  CHECK(heard.facts->errors > 0);
  CHECK(heard.facts->first_error.find("no sound") != std::string::npos);
}

TEST_CASE("sound at a low rate is heard at a usual one, at its own times") {
  const auto heard = hear(made("low.mkv", with_burst("-c:a pcm_s16le -ar 8000")));
  REQUIRE_FALSE(heard.blocks.empty());
  CHECK(heard.blocks.front().rate_hz == 48000);
  CHECK(to_seconds(heard.blocks.back().end()) == Approx(2).margin(0.01));
  const auto [first, last] = loud_part(heard);
  CHECK(first == Approx(1.0).margin(0.002));
  CHECK(last == Approx(1.5).margin(0.002));
}

TEST_CASE("sound at a rate beyond reason is refused, and the pictures go on") {
  const auto heard = hear(made("slow.mkv", with_burst("-c:a pcm_s16le -ar 500")));
  CHECK(heard.frames == 50);
  CHECK(heard.blocks.empty());
  REQUIRE(heard.facts);
  CHECK(heard.facts->first_error.find("at 500 Hz") != std::string::npos);
}

TEST_CASE("a video without sound has none to listen to") {
  const auto heard = hear(made("mute.mp4", std::string{film} + "-c:v libx264"));
  CHECK(heard.frames == 50);
  CHECK(heard.blocks.empty());
  CHECK_FALSE(heard.facts);
}

TEST_CASE("a listener that wants no more gets no more") {
  const auto heard = hear(made("aac.mp4", with_burst("-c:a aac")), 2);
  CHECK(heard.frames == 50);
  CHECK(heard.blocks.size() == 2);
}

} // namespace timeloom
