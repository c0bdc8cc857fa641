#include "core/file_version.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

using namespace timeloom;

TEST_CASE("a file's version changes with its size and with its time") {
  const tests::temporary_folder folder;
  const auto path = folder.file("model.pt", "abc");
  const auto time = std::filesystem::last_write_time(path);
  const auto version = file_version(path);
  CHECK(version.starts_with("3 bytes of "));
  CHECK(file_version(path) == version);
  std::filesystem::last_write_time(path, time + std::chrono::milliseconds{1});
  CHECK(file_version(path) != version);
  folder.file("model.pt", "abcd");
  std::filesystem::last_write_time(path, time);
  CHECK(file_version(path) != version);
  CHECK(file_version(folder.at("none")) == "none");
  CHECK(file_version("") == "none");
}
