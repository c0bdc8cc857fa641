#include "made_media.hpp"
#include "tests/catch.hpp"

#include <sys/stat.h>

namespace timeloom {

namespace fs = std::filesystem;
using tests::bytes_of;
using tests::decoded;
using tests::made;
using tests::scratch;
using tests::written;

namespace {

constexpr auto film = "-f lavfi -i testsrc2=s=160x120:r=25:d=6 -c:v libx264 -g 10 -bf 2 ";

std::string cut(const std::string& bytes, double part) {
  return bytes.substr(0, static_cast<std::size_t>(static_cast<double>(bytes.size()) * part));
}

std::string sum_of(const std::string& path) {
  const auto command = "sha256sum -b '" + path + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> out{::popen(command.c_str(), "r"), &::pclose};
  std::array<char, 65> digits{};
  return std::string{digits.data(), std::fread(digits.data(), 1, 64, out.get())};
}

} // namespace

TEST_CASE("a file that was cut short gives its frames, and says that something is missing") {
  for (const std::string name : {"film.mp4", "film.mkv"}) {
    const auto whole = bytes_of(made(name, std::string{film} + "-movflags faststart"));
    const auto file = decoded(written("cut-" + name, cut(whole, 0.6)));
    CAPTURE(name, file.times.size());
    CHECK(file.times.size() > 60);
    CHECK(file.times.size() < 120);
    CHECK(file.facts.decode_errors > 0);
    REQUIRE_FALSE(file.facts.decode_notes.empty());
    CHECK(file.facts.decode_notes.back().find("promises") != std::string::npos);
  }
}

TEST_CASE("a whole file has no errors and no notes") {
  for (const std::string name : {"film.mp4", "film.mkv"}) {
    const auto file = decoded(made(name, std::string{film} + "-movflags faststart"));
    CHECK(file.times.size() == 150);
    CHECK(file.facts.decode_errors == 0);
    CHECK(file.facts.decode_notes.empty());
  }
}

TEST_CASE("a long stretch without a frame gives signs of life") {
  const auto path = made("long.mkv", "-f lavfi -i testsrc2=s=320x240:r=25:d=20 -c:v mpeg4 -q:v 2 -g 500");
  auto bytes = bytes_of(path);
  for (std::size_t i = bytes.size() / 4; i < bytes.size() * 3 / 4; ++i) // no cluster begins in there
    bytes[i] = 0;
  int signs = 0, most = 0;
  auto source = tests::opened(written("hole.mkv", bytes), {.threads = 1, .still_at_it = [&] { ++signs; }});
  REQUIRE(source);
  for (;;) {
    const int before = signs;
    const auto frame = (*source)->next();
    most = std::max(most, signs - before);
    if (!frame || !*frame)
      break;
  }
  CHECK(most >= static_cast<int>(bytes.size() / 2 / 65'536));
}

TEST_CASE("broken packets in the middle are counted, and decoding goes on behind them") {
  auto bytes = bytes_of(made("film.mp4", std::string{film} + "-movflags faststart"));
  const auto middle = bytes.size() / 2;
  for (std::size_t i = 0; i < 4000; ++i)
    bytes[middle + i] = static_cast<char>(0xFF - i % 7);
  const auto file = decoded(written("hole.mp4", bytes));
  CHECK(file.facts.decode_errors > 0);
  CHECK(file.facts.decode_notes.size() <= 5);
  CHECK(file.facts.decode_notes.front().starts_with("after "));
  CHECK(file.times.size() >= 130);
  CHECK(to_seconds(file.facts.duration) == Approx(6).margin(0.1));
}

TEST_CASE("a file of which nothing can be decoded is corrupt media") {
  auto bytes = bytes_of(made("film.mp4", std::string{film} + "-movflags faststart"));
  const auto data = bytes.find("mdat");
  for (std::size_t i = data + 4; i < bytes.size(); ++i)
    bytes[i] = '\x55';
  auto source = tests::opened(written("nothing.mp4", bytes));
  REQUIRE(source);
  const auto frame = (*source)->next();
  REQUIRE_FALSE(frame);
  CHECK(frame.error().code == errc::corrupt_media);
  CHECK(frame.error().message.find("no frame of") == 0);
}

TEST_CASE("the words of one file's errors do not reach the next file's") {
  auto bytes = bytes_of(made("film.mp4", std::string{film} + "-movflags faststart"));
  tests::refusal(written("headless.mp4", cut(bytes, 0.001)));
  const auto words = tests::refusal(written("other.avi", "RIFF\x10\x00\x00\x00"
                                                         "AVI LIST"));
  CHECK(words.find("moov") == std::string::npos);
}

TEST_CASE("the SHA-256 is that of the whole file, in whatever order it was read") {
  for (const auto& path :
       {made("moov-first.mp4", std::string{film} + "-movflags faststart"), made("moov-last.mp4", film),
        made("sum.mkv", film), made("sum.ts", film),
        made("sum.avi", "-f lavfi -i testsrc2=s=160x120:r=25:d=2 -c:v mpeg4"),
        written("trailing.mp4", bytes_of(made("moov-last.mp4", film)) + std::string(300'000, 'x'))}) {
    CAPTURE(path);
    const auto facts = decoded(path).facts;
    CHECK(facts.sha256 == sum_of(path));
    CHECK(facts.bytes == static_cast<std::int64_t>(fs::file_size(path)));
  }
}

TEST_CASE("a folder is a video of its images, in natural order") {
  const auto folder = scratch() / "pictures";
  fs::create_directories(folder / "img9.png"); // a folder with the name of a picture
  for (const int number : {1, 2, 10})
    made(fmt::format("pictures/img{}.png", number),
         fmt::format("-f lavfi -i color=0x{0:02X}{0:02X}{0:02X}:s=32x32,format=rgb24 -frames:v 1", number * 20));
  made("outside.png", "-f lavfi -i color=white:s=32x32 -frames:v 1");
  fs::create_symlink(scratch() / "outside.png", folder / "img3.png");
  written("pictures/img4.png", "no picture");
  REQUIRE(::mkfifo((folder / "img5.png").c_str(), 0600) == 0);
  written("pictures/notes.txt", "no picture either");
  written("pictures/.hidden.png", "nor this");
  written("pictures/playlist.m3u8", "#EXTM3U\n");

  const auto file = decoded(folder);
  REQUIRE(file.times.size() == 3);
  CHECK(file.samples.at(0).mean_in(0, 0, 1, 1)[0] == Approx(20).margin(2));
  CHECK(file.samples.at(1).mean_in(0, 0, 1, 1)[0] == Approx(40).margin(2));
  CHECK(file.samples.at(2).mean_in(0, 0, 1, 1)[0] == Approx(200).margin(2));
  // Seven names end like a picture's; each has its place in time.
  CHECK(tests::in_milliseconds(file.times) == std::vector<double>{0, 40, 240});
  CHECK(file.facts.duration == from_seconds(7 * 0.04));
  CHECK(file.facts.decode_errors == 4);
  CHECK(file.facts.decode_notes.at(0).find("img3.png") != std::string::npos);
  CHECK(file.facts.decode_notes.at(1).find("img4.png") != std::string::npos);
  CHECK(file.facts.sha256.empty());
  CHECK(file.facts.codec == "png");
}

TEST_CASE("a folder without images is not found, and one of broken images is corrupt") {
  fs::create_directories(scratch() / "no-pictures");
  CHECK(tests::refusal(scratch() / "no-pictures").find("a folder without images") != std::string::npos);
  written("no-pictures/a.png", "x");
  auto source = tests::opened(scratch() / "no-pictures");
  REQUIRE(source);
  const auto frame = (*source)->next();
  REQUIRE_FALSE(frame);
  CHECK(frame.error().code == errc::corrupt_media);
}

} // namespace timeloom
