#include "media/input_file.hpp"

#include "made_media.hpp"
#include "tests/catch.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace timeloom {

namespace fs = std::filesystem;
using tests::scratch;
using tests::written;

namespace {

error refused(const std::string& path, const std::string& root = "") {
  const auto input = open_input(path, root);
  REQUIRE_FALSE(input);
  return input.error();
}

bool says(const error& problem, std::string_view words) {
  INFO(problem.message);
  return problem.message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE("a URL is refused with a sentence that says what to do") {
  for (const std::string url : {"http://example.org/film.mp4", "rtsp://camera/1", "file:///etc/passwd"}) {
    const auto problem = refused(url);
    CHECK(problem.code == errc::not_allowed);
    CHECK(says(problem, url + " is a URL"));
    CHECK(says(problem, "download it first"));
  }
}

TEST_CASE("a missing file is not found, and named") {
  const auto problem = refused(scratch() / "nowhere.mp4");
  CHECK(problem.code == errc::not_found);
  CHECK(says(problem, "nowhere.mp4"));
  CHECK(refused(written("plain", "x") + "/below.mp4").code == errc::not_found);
}

TEST_CASE("a FIFO is refused at once, whether or not somebody writes to it") {
  const auto path = scratch() / "pipe.mp4";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto problem = refused(path); // would block for ever
  CHECK(problem.code == errc::not_allowed);
  CHECK(says(problem, "is a FIFO"));
}

TEST_CASE("devices and sockets are refused") {
  CHECK(says(refused("/dev/null"), "is a device"));
  CHECK(refused("/dev/zero").code == errc::not_allowed);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const auto path = (scratch() / "socket.mp4").string();
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const unique_fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(says(refused(path), "is a socket"));
}

TEST_CASE("an empty file is corrupt media") {
  const auto problem = refused(written("empty.mp4", ""));
  CHECK(problem.code == errc::corrupt_media);
  CHECK(says(problem, "is empty"));
}

TEST_CASE("a file and a folder are opened with what is known of them") {
  const auto file = open_input(written("five", "12345"), "");
  REQUIRE(file);
  CHECK_FALSE(file->is_folder);
  CHECK(file->bytes == 5);
  CHECK(file->real_path == (scratch() / "five").string());
  const auto folder = open_input(scratch(), "");
  REQUIRE(folder);
  CHECK(folder->is_folder);
  CHECK(folder->bytes == 0);
}

TEST_CASE("with an allowed root, nothing outside it can be reached, by no kind of path") {
  const auto root = scratch() / "root";
  fs::create_directories(root / "inner");
  fs::create_directories(scratch() / "root-beside");
  const auto outside = written("outside.mp4", "out");
  const auto inside = written("root/inside.mp4", "in");
  written("root-beside/film.mp4", "out");
  fs::create_symlink(outside, root / "leads-out.mp4");
  fs::create_directory_symlink(scratch(), root / "inner" / "up");
  fs::create_symlink("inside.mp4", root / "leads-in.mp4");
  fs::create_directory_symlink(root, scratch() / "other-name-of-root");

  const auto problem = refused(root / "leads-out.mp4", root);
  CHECK(problem.code == errc::not_allowed);
  CHECK(says(problem, outside));
  CHECK(refused(root / "inner/up/outside.mp4", root).code == errc::not_allowed);
  CHECK(refused(root / "../outside.mp4", root).code == errc::not_allowed);
  CHECK(refused(scratch() / "root-beside/film.mp4", root).code == errc::not_allowed);
  CHECK(refused(outside, root).code == errc::not_allowed);

  CHECK(open_input(inside, root));
  CHECK(open_input(root / "leads-in.mp4", root));
  CHECK(open_input(root / "inner/up/root/inside.mp4", root));
  CHECK(open_input(inside, scratch() / "other-name-of-root"));
  CHECK(open_input(inside, "/"));
  CHECK(open_input(root, root));
}

TEST_CASE("an allowed root that is missing is an error of the configuration") {
  CHECK(refused(written("any.mp4", "x"), scratch() / "no-root").code == errc::invalid_config);
}

} // namespace timeloom
