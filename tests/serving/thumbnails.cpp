#include "serving/thumbnails.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <filesystem>

using namespace timeloom;
using tests::temporary_folder;

namespace {

timeline with_picture(const std::string& bytes) {
  timeline made;
  made.scenes.emplace_back().number = 1;
  made.scenes.back().thumbnail_jpeg = bytes;
  return made;
}

} // namespace

TEST_CASE("the pictures of a job stay when those of the job that it shares them with change or go") {
  const temporary_folder folder;
  const auto state = folder.path().string();
  REQUIRE(write_thumbnails(with_picture("first"), state, 7));
  REQUIRE(share_thumbnails(state, 7, 8));
  REQUIRE(write_thumbnails(with_picture("another"), state, 7));
  REQUIRE(remove_thumbnails(state, 7));
  CHECK_FALSE(std::filesystem::exists(thumbnail_path(state, 7, 1)));
  std::ifstream shared{thumbnail_path(state, 8, 1)};
  CHECK(std::string{std::istreambuf_iterator<char>{shared}, {}} == "first");
}

TEST_CASE("nothing is left when the last pictures are removed, and there need be none") {
  const temporary_folder folder;
  const auto state = folder.path().string();
  REQUIRE(write_thumbnails(with_picture("x"), state, 7));
  CHECK(remove_thumbnails(state, 7));
  CHECK(remove_thumbnails(state, 7));
  CHECK(remove_thumbnails(state, 4711));
  CHECK(std::filesystem::is_empty(folder.path() / "thumbnails"));
}
