#include "serving/publication.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>

using namespace timeloom;
using tests::temporary_folder;

namespace {

const std::vector<output_format> only_json{output_format::json};

std::string text_of(const std::string& result) {
  std::ifstream file{published_path(result, output_format::json)};
  return {std::istreambuf_iterator<char>{file}, {}};
}

timeline timeline_of(const std::string& name) {
  timeline made;
  made.media.path = name;
  return made;
}

} // namespace

TEST_CASE("a result staged where a copy was staged before leaves alone what that was a copy of") {
  const temporary_folder folder;
  const auto first = (folder.path() / "a").string(), second = (folder.path() / "b").string();
  REQUIRE(stage_result(timeline_of("a"), first, only_json, 1));
  REQUIRE(name_result(first, only_json, 1));
  const auto before = text_of(first);
  REQUIRE(stage_copy(first, second, only_json, 2)); // and the daemon was killed
  REQUIRE(stage_result(timeline_of("another"), second, only_json, 2));
  REQUIRE(name_result(second, only_json, 2));
  CHECK(text_of(first) == before);
  CHECK(text_of(second) != before);
}

TEST_CASE("naming may be asked for again, and leaves nothing that was staged") {
  const temporary_folder folder;
  const auto first = (folder.path() / "a").string();
  REQUIRE(stage_result(timeline_of("a"), first, only_json, 1));
  REQUIRE(name_result(first, only_json, 1));
  CHECK(name_result(first, only_json, 1));
  REQUIRE(stage_copy(first, first, only_json, 2)); // two names of one file
  CHECK(name_result(first, only_json, 2));
  CHECK(std::distance(std::filesystem::directory_iterator{folder.path()}, {}) == 1);
}

TEST_CASE("a staged file that is gone before it had its name is told from one that cannot be named now") {
  const temporary_folder folder;
  const auto lost = (folder.path() / "lost").string();
  REQUIRE(stage_result(timeline_of("a"), lost, only_json, 1));
  drop_staged(lost, 1);
  CHECK(name_result(lost, only_json, 1).error().code == errc::not_found);
  const auto taken = (folder.path() / "taken").string();
  REQUIRE(stage_result(timeline_of("a"), taken, only_json, 2));
  std::filesystem::create_directory(published_path(taken, output_format::json));
  CHECK(name_result(taken, only_json, 2).error().code == errc::io);
}
