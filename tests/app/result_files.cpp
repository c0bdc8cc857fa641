#include "app/result_files.hpp"

#include "tests/catch.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <unistd.h>

using namespace timeloom;
namespace fs = std::filesystem;

namespace {

/// A folder of its own that goes away with the test.
struct folder {
  fs::path path = fs::temp_directory_path() / ("timeloom-results-" + std::to_string(::getpid()));
  folder() { fs::create_directories(path); }
  ~folder() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator{path}, fs::directory_iterator{}));
  }
};

std::string text_of(const fs::path& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("a result is named for its video without the ending") {
  CHECK(result_stems({"x/film.part1.mp4"}) == std::vector<std::string>{"film.part1"});
  CHECK(result_path("out", "film", output_format::vtt) == "out/film.timeline.vtt");
}

TEST_CASE("videos that differ in the ending keep it") {
  CHECK(result_stems({"a.mp4", "a.mkv", "b.mp4"}) == std::vector<std::string>{"a.mp4", "a.mkv", "b"});
}

TEST_CASE("videos of one name in two folders get a short hash of their paths") {
  const auto stems = result_stems({"x/a.mp4", "y/a.mp4"});
  CHECK(stems[0] != stems[1]);
  for (const auto& stem : stems) {
    CHECK(stem.starts_with("a.mp4-"));
    CHECK(stem.size() == std::string{"a.mp4-01234567"}.size());
  }
  CHECK(result_stems({"x/a.mp4", "y/a.mp4"}) == stems);
}

TEST_CASE("a folder of images keeps its whole name, dots and all") {
  const folder out;
  const auto images = out.path / "shoot.2024";
  fs::create_directories(images);
  CHECK(result_stems({images.string() + "/"}) == std::vector<std::string>{"shoot.2024"});
}

TEST_CASE("a result is written whole, under its name alone") {
  const folder out;
  const auto path = result_path(out.path, "film", output_format::json);
  REQUIRE(write_result({}, path, output_format::json, false));
  CHECK(text_of(path).find("timeloom.timeline/1") != std::string::npos);
  CHECK(out.files() == 1);
}

TEST_CASE("an existing result is kept unless it may be replaced") {
  const folder out;
  const auto path = result_path(out.path, "film", output_format::json);
  std::ofstream{path} << "earlier";
  const auto refused = write_result({}, path, output_format::json, false);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("film.timeline.json") != std::string::npos);
  CHECK(text_of(path) == "earlier");
  CHECK(out.files() == 1);
  REQUIRE(write_result({}, path, output_format::json, true));
  CHECK(text_of(path) != "earlier");
  CHECK(out.files() == 1);
}

TEST_CASE("the output folder is made with its parents, and a file in its place is named") {
  const folder out;
  REQUIRE(prepare_output_folder(out.path / "a" / "b"));
  CHECK(fs::is_directory(out.path / "a" / "b"));
  std::ofstream{out.path / "file"} << "x";
  const auto refused = prepare_output_folder(out.path / "file");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("file") != std::string::npos);
}

TEST_CASE("names too long for a file system are cut, and stay apart") {
  const std::string long_name(240, 'x');
  const auto stems = result_stems({"a/" + long_name + "1.mp4", "a/" + long_name + "2.mp4"});
  CHECK(stems[0] != stems[1]);
  for (const auto& stem : stems)
    CHECK(stem.size() <= 200);
  std::string umlauts;
  for (int i = 0; i < 120; ++i)
    umlauts += "ü";
  const auto cut = result_stems({umlauts + ".mp4"}).front();
  CHECK(cut.size() <= 200);
  CHECK((static_cast<unsigned char>(cut[cut.rfind('-') - 2]) == 0xC3)); // the last character is whole
}
