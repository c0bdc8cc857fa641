#include "gpu_groups/mps.hpp"

#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"

#include <fstream>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

namespace timeloom {

namespace {

using namespace std::chrono_literals;

constexpr auto uuid = "GPU-8932f937-d72c-4106-c12f-20bd9faed9f6";

std::string new_directory() {
  std::string path = "/tmp/timeloom-test-XXXXXX";
  REQUIRE(::mkdtemp(path.data()) != nullptr);
  return path;
}

/// Ends the stand-in.
void quit(const mps_directories& directories) {
  std::ofstream{directories.pipe / "control"} << "quit\n";
  while (mps_is_running(directories))
    std::this_thread::sleep_for(1ms);
}

/// A run directory of the test's own, with the stand-in for NVIDIA's program first in PATH. No daemon outlives it.
class mps_host {
public:
  mps_host() : runtime_("XDG_RUNTIME_DIR", root_) {}
  mps_host(const mps_host&) = delete;
  mps_host& operator=(const mps_host&) = delete;
  ~mps_host() {
    if (const auto directories = mps_directories_of(uuid); directories && mps_is_running(*directories))
      quit(*directories);
    std::filesystem::remove_all(root_);
  }

  const std::string& root() const { return root_; }

private:
  std::string root_ = new_directory();
  set_variable runtime_;
  set_variable path_{"PATH", std::string{TIMELOOM_SOURCE_DIR "/tests/gpu_groups/fake_mps:"} + std::getenv("PATH")};
};

std::string first_line(const std::filesystem::path& file) {
  std::string line;
  std::ifstream stream{file};
  std::getline(stream, line);
  return line;
}

unsigned mode_of(const std::filesystem::path& path) {
  struct stat found {};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777;
}

} // namespace

TEST_CASE("a server starts in private directories of its GPU and is found running") {
  const mps_host host;
  const auto directories = mps_directories_of(uuid);
  REQUIRE(directories);
  CHECK(directories->pipe == host.root() + "/timeloom/mps-" + uuid + "/pipe");
  CHECK_FALSE(mps_is_running(*directories));

  const auto started = start_mps(uuid);
  REQUIRE(started);
  CHECK(started->pipe == directories->pipe);
  CHECK(started->log == directories->log);
  CHECK(mps_is_running(*directories));
  CHECK(first_line(directories->log / "control.log") == uuid);
  for (const auto& each : {directories->pipe, directories->log, directories->pipe.parent_path(),
                           directories->pipe.parent_path().parent_path()})
    CHECK(mode_of(each) == 0700);

  quit(*directories);
  CHECK_FALSE(mps_is_running(*directories));
}

TEST_CASE("starting twice leaves the first server") {
  const mps_host host;
  const auto first = start_mps(uuid);
  REQUIRE(first);
  const auto pid = first_line(first->pipe / "nvidia-cuda-mps-control.pid");
  REQUIRE(start_mps(uuid));
  CHECK(first_line(first->pipe / "nvidia-cuda-mps-control.pid") == pid);
}

TEST_CASE("files that a dead server left are no running server") {
  const mps_host host;
  const auto directories = mps_directories_of(uuid);
  REQUIRE(directories);
  REQUIRE(make_mps_directories(*directories));
  std::ofstream{directories->pipe / "control"};
  CHECK_FALSE(mps_is_running(*directories));
  // This process has that number now.
  std::ofstream{directories->pipe / "nvidia-cuda-mps-control.pid"} << ::getpid();
  CHECK_FALSE(mps_is_running(*directories));
}

TEST_CASE("a program that refuses or hangs gives a sentence in finite time") {
  const mps_host host;
  {
    const set_variable refuses{"FAKE_MPS", "refuse"};
    const auto refused = start_mps(uuid);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::io);
    CHECK(refused.error().message.find("ended with status 3: no rights here") != std::string::npos);
  }
  const set_variable hangs{"FAKE_MPS", "hang"};
  const auto hung = start_mps(uuid, 50ms);
  REQUIRE_FALSE(hung);
  CHECK(hung.error().code == errc::timeout);
  CHECK(hung.error().message.find("did not end within 50 ms") != std::string::npos);
}

TEST_CASE("without the program MPS is refused with a sentence") {
  const mps_host host;
  const set_variable path{"PATH", host.root() + "::/nowhere"};
  std::filesystem::create_directory(host.root() + "/nvidia-cuda-mps-control"); // no program, but of that name
  const auto started = start_mps(uuid);
  REQUIRE_FALSE(started);
  CHECK(started.error().code == errc::not_found);
  CHECK(started.error().message.find("nvidia-cuda-mps-control is not in PATH") != std::string::npos);
}

TEST_CASE("directories that others can open, and links in their place, are refused") {
  const mps_host host;
  const auto ours = host.root() + "/timeloom";
  std::filesystem::create_directory(ours);
  std::filesystem::permissions(ours, std::filesystem::perms{0755});
  const auto open = start_mps(uuid);
  REQUIRE_FALSE(open);
  CHECK(open.error().code == errc::not_allowed);
  CHECK(open.error().message.find(ours + " is open to other users (mode 0755)") == 0);

  std::filesystem::remove(ours);
  std::filesystem::create_directory_symlink(host.root(), ours);
  const auto link = start_mps(uuid);
  REQUIRE_FALSE(link);
  CHECK(link.error().message == ours + " is no directory; MPS is not used");
}

TEST_CASE("without a runtime directory of this user the directories are below /tmp") {
  const auto below_tmp = fmt::format("/tmp/timeloom-{}/mps-{}/pipe", ::geteuid(), uuid);
  for (const auto* runtime : {"", "run/me", "/nowhere/at/all"}) {
    const set_variable variable{"XDG_RUNTIME_DIR", runtime};
    const auto directories = mps_directories_of(uuid);
    REQUIRE(directories);
    CHECK(directories->pipe == below_tmp);
  }
}

TEST_CASE("what is no UUID makes no path, and a path too long for sockets is refused") {
  const mps_host host;
  for (const auto* text : {"", "0", "GPU-../../etc", "GPU-a/b", "MIG-0123"})
    CHECK_FALSE(mps_directories_of(text));
  const auto deep = host.root() + "/" + std::string(60, 'd');
  std::filesystem::create_directory(deep);
  const set_variable runtime{"XDG_RUNTIME_DIR", deep};
  const auto directories = mps_directories_of(uuid);
  REQUIRE_FALSE(directories);
  CHECK(directories.error().message.find("too long a path for the sockets of MPS") != std::string::npos);
}

} // namespace timeloom
