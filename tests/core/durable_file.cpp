#include "core/durable_file.hpp"
#include "core/unique_fd.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>

using namespace timeloom;
using tests::temporary_folder;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

} // namespace

TEST_CASE("a file is written whole, with its mode, in place of an earlier one") {
  const temporary_folder folder;
  const auto path = folder.at("secret");
  REQUIRE(write_file_durably(path, std::string(100'000, 'x'), 0600));
  CHECK(text_of(path) == std::string(100'000, 'x'));
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  CHECK((found.st_mode & 0777) == 0600);
  REQUIRE(write_file_durably(path, "short"));
  CHECK(text_of(path) == "short");
  CHECK(sync_folder(folder.path().string()));
}

TEST_CASE("what cannot be written is told, and nothing is left of it") {
  const temporary_folder folder;
  const auto nowhere = write_file_durably(folder.at("nowhere/file"), "x");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().message.find("nowhere/file: No such file or directory") != std::string::npos);
  const unique_fd full{::open("/dev/full", O_WRONLY | O_CLOEXEC)};
  const auto refused = write_durably(full.get(), "x", "result");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "cannot write result: No space left on device");
  CHECK_FALSE(sync_folder(folder.at("nowhere")));
}
