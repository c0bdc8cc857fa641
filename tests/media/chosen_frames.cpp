#include "media/chosen_frames.hpp"

#include "made_media.hpp"
#include "tests/catch.hpp"

#include <filesystem>
#include <fstream>

namespace timeloom {

using tests::decoded;
using tests::made;
using tests::opened;

namespace {

/// 20 s at 25 Hz in which no two neighbours are alike.
constexpr auto source = "-f lavfi -i testsrc2=s=96x64:r=25:d=20 ";
constexpr auto open_groups = "-c:v libx264 -preset ultrafast -bf 3 -b_strategy 0 -g 50 -x264-params open-gop=1";

struct chosen {
  std::vector<frame_position> at;
  std::vector<std::vector<std::uint8_t>> pixels;
  std::int64_t decoded = 0;
  media_facts facts;
};

chosen choose(const std::string& path, const std::vector<frame_position>& wanted) {
  auto opening = opened(path);
  REQUIRE(opening);
  const auto& plain = **opening;
  const auto frames = choose_frames(std::move(*opening), wanted, [](const frame_position&) { return true; });
  chosen all;
  for (;;) {
    const auto frame = frames->next();
    REQUIRE(frame);
    if (!*frame)
      break;
    all.at.push_back((*frame)->at);
    all.pixels.push_back(tests::sampled(**frame, {640, sample_format::bgr24}).pixels);
  }
  all.decoded = plain.facts().frames;
  all.facts = frames->finish();
  return all;
}

} // namespace

TEST_CASE("chosen frames are those that decoding everything gives, in every container") {
  for (const std::string name : {"chosen.mp4", "chosen.mkv", "chosen.ts", "chosen.avi", "chosen.h264"}) {
    CAPTURE(name);
    const auto path = made(name, std::string{source} + open_groups);
    const auto whole = decoded(path);
    std::vector<frame_position> wanted;
    // Key frames are those that 50 divides, about: their neighbours are where a jump lands wrong.
    for (const std::size_t index : {0, 1, 48, 49, 50, 51, 199, 248, 249, 250, 252, 451, 498, 499})
      wanted.push_back({static_cast<std::int64_t>(index), whole.times.at(index)});
    const auto found = choose(path, wanted);
    REQUIRE(found.at == wanted);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      CAPTURE(wanted[i].index);
      CHECK(found.pixels[i] == whole.samples[static_cast<std::size_t>(wanted[i].index)].pixels);
    }
    CHECK(found.facts.decode_errors == 0);
  }
}

TEST_CASE("frames far apart are not reached by decoding all between them") {
  for (const std::string name : {"far.mp4", "far.mkv"}) {
    CAPTURE(name);
    const auto path = made(name, std::string{source} + open_groups);
    const auto times = decoded(path).times;
    const auto found = choose(path, {{0, times[0]}, {480, times.at(480)}});
    REQUIRE(found.at.size() == 2);
    CHECK(found.decoded < 150);
  }
}

TEST_CASE("a frame that does not come again is named, and the next one comes") {
  const auto path = made("chosen.mp4", std::string{source} + open_groups);
  const auto times = decoded(path).times;
  const auto between = times[300] + media_time{1'000'000};
  const auto found =
      choose(path, {{0, times[0]}, {300, between}, {301, times[301]}, {499, times[499]}, {500, times[499] * 2}});
  REQUIRE(found.at.size() == 3);
  CHECK(found.at[1].index == 301);
  CHECK(found.at[2].index == 499);
  CHECK(found.facts.decode_errors == 2);
  REQUIRE(found.facts.decode_notes.size() == 2);
  CHECK(found.facts.decode_notes[0] == "frame 300 at 12.001 s did not come again");
}

TEST_CASE("of a folder of images only the chosen ones are decoded, and a broken one is named") {
  const auto folder = tests::scratch() / "picked";
  std::filesystem::create_directories(folder);
  made("picked/%d.png", "-f lavfi -i testsrc2=s=32x32:r=25:d=0.4");
  const auto times = decoded(folder).times;
  std::ofstream{folder / "5.png"} << "no picture";
  const auto found = choose(folder, {{3, times.at(3)}, {4, times[4]}, {8, times[8]}});
  REQUIRE(found.at.size() == 2);
  CHECK(found.at[0].index == 3);
  CHECK(found.at[1].index == 8);
  CHECK(found.decoded < 8);              // those before the first chosen one are read, the others not
  CHECK(found.facts.decode_errors == 2); // that it is none, and that it did not come again
}

} // namespace timeloom
