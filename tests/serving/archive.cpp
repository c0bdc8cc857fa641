#include "serving/archive.hpp"
#include "tests/temporary_folder.hpp"

#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom;
using timeloom::tests::temporary_folder;
namespace fs = std::filesystem;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

seen_file seen(const std::string& path) {
  const auto file = look_at(path);
  REQUIRE(file);
  return *file;
}

/// A folder in memory: another file system than the one of temporary files, on most machines.
class memory_folder {
public:
  memory_folder() {
    std::string name = "/dev/shm/timeloom-test-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  memory_folder(const memory_folder&) = delete;
  memory_folder& operator=(const memory_folder&) = delete;
  ~memory_folder() { fs::remove_all(path_); }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  const fs::path& path() const { return path_; }

private:
  fs::path path_;
};

std::ptrdiff_t files_in(const fs::path& folder) {
  return std::distance(fs::directory_iterator{folder}, {});
}

} // namespace

TEST_CASE("a video is put away under the folders that it had, and asking again tells where it is") {
  const temporary_folder root;
  fs::create_directories(root.path() / "a/b");
  const auto video = seen(root.file("a/b/c.mp4", "video"));
  const auto moved = put_away(video, root.path(), root.at("done"));
  REQUIRE(moved);
  CHECK(*moved == root.at("done/a/b/c.mp4"));
  CHECK(seen(*moved).version == video.version);
  CHECK_FALSE(fs::exists(video.path));
  CHECK(put_away(video, root.path(), root.at("done")) == moved);

  fs::remove_all(root.path() / "a");
  CHECK(put_away(video, root.path(), root.at("done")) == moved);
}

TEST_CASE("a name that is taken gets a number before its ending, and nothing is replaced") {
  const temporary_folder root;
  fs::create_directories(root.path() / "done");
  const std::string long_name(251, 'n');
  const auto [name, second, third] =
      GENERATE_COPY(std::array<std::string, 3>{"a.b.mp4", "a.b (2).mp4", "a.b (3).mp4"},
                    std::array<std::string, 3>{"plain", "plain (2)", "plain (3)"},
                    std::array<std::string, 3>{"\xff\n.mp4", "\xff\n (2).mp4", "\xff\n (3).mp4"},
                    std::array<std::string, 3>{long_name + ".mp4", long_name.substr(4) + " (2).mp4",
                                               long_name.substr(4) + " (3).mp4"});
  root.file("done/" + name, "earlier");
  for (const auto& expected_name : {second, third}) {
    const auto video = seen(root.file(name, "now: " + expected_name));
    REQUIRE(put_away(video, root.path(), root.at("done")) == root.at("done/" + expected_name));
    CHECK(put_away(video, root.path(), root.at("done")) == root.at("done/" + expected_name));
    CHECK(text_of(root.at("done/" + expected_name)) == "now: " + expected_name);
  }
  CHECK(text_of(root.at("done/" + name)) == "earlier");
}

TEST_CASE("a video that changed, a link, and what is not there stay where they are") {
  const temporary_folder root, elsewhere;
  const auto done = root.at("done");
  auto video = seen(root.file("a.mp4", "video"));
  root.file("a.mp4", "another");
  CHECK(put_away(video, root.path(), done).error().code == errc::invalid_argument);
  CHECK(text_of(video.path) == "another");

  fs::create_symlink(elsewhere.file("b.mp4", "outside"), root.path() / "b.mp4");
  CHECK(put_away(seen(root.at("b.mp4")), root.path(), done).error().code == errc::not_allowed);
  CHECK(fs::is_symlink(root.path() / "b.mp4"));

  CHECK(put_away({root.at("c.mp4"), {}}, root.path(), done).error().code == errc::not_found);
  CHECK(put_away({root.at("no/folder/c.mp4"), {}}, root.path(), done).error().code == errc::not_found);
}

TEST_CASE("nothing is put away from or to other places") {
  const temporary_folder root, elsewhere;
  const auto outside = seen(elsewhere.file("a.mp4", "outside"));
  CHECK(put_away(outside, root.path(), root.at("done")).error().code == errc::invalid_argument);
  auto sneaky = outside;
  sneaky.path = root.path().string() + "/../" + elsewhere.path().filename().string() + "/a.mp4";
  CHECK(put_away(sneaky, root.path(), root.at("done")).error().code == errc::invalid_argument);

  fs::create_directories(root.path() / "done");
  fs::create_directories(root.path() / "sub");
  fs::create_directory_symlink(elsewhere.path(), root.path() / "done/sub");
  const auto video = seen(root.file("sub/b.mp4", "video"));
  CHECK_FALSE(put_away(video, root.path(), root.at("done")));
  CHECK(fs::exists(video.path));
  CHECK(elsewhere.files() == 1);

  fs::create_directory_symlink(elsewhere.path(), root.path() / "linked");
  const auto refused = put_away(seen(root.file("c.mp4", "video")), root.path(), root.at("linked"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::not_allowed);
  CHECK(refused.error().message == root.at("linked") + " is a symbolic link, and videos are moved into folders only");
  CHECK(elsewhere.files() == 1);
  CHECK(check_no_link(root.at("linked")).error().message == refused.error().message);
  CHECK(check_no_link(root.at("done")));
  CHECK(check_no_link(root.at("missing")));
}

TEST_CASE("a video goes to another file system whole, with its time, or not at all") {
  const temporary_folder root;
  const memory_folder memory;
  const std::string text(3'000'000, 'v');
  const auto video = seen(root.file("a.mp4", text));
  const auto done = memory.at("done");

  SECTION("at once") {
    const auto moved = put_away(video, root.path(), done);
    REQUIRE(moved == memory.at("done/a.mp4"));
    CHECK(text_of(*moved) == text);
    CHECK(seen(*moved).version.modified_ns == video.version.modified_ns);
    CHECK_FALSE(fs::exists(video.path));
    CHECK(files_in(done) == 1);
    CHECK(put_away(video, root.path(), done) == moved);
  }
  SECTION("not while it is stopped, which leaves nothing") {
    std::stop_source stop;
    stop.request_stop();
    CHECK(put_away(video, root.path(), done, stop.get_token()).error().code == errc::cancelled);
    CHECK(files_in(done) == 0);
    CHECK(text_of(video.path) == text);
    CHECK(put_away(video, root.path(), done));
  }
  SECTION("after an interruption in the middle of the copy") {
    fs::create_directories(done);
    const auto half = fmt::format("done/.timeloom-{:x}-{:x}.tmp", video.version.inode, video.version.modified_ns);
    std::ofstream{memory.at(half)} << "half of it, and longer than that" << text;
    REQUIRE(put_away(video, root.path(), done) == memory.at("done/a.mp4"));
    CHECK(text_of(memory.at("done/a.mp4")) == text);
    CHECK(files_in(done) == 1);
  }
  SECTION("after an interruption between the copy and the end of the original") {
    fs::create_directories(done);
    fs::copy_file(video.path, memory.at("done/a.mp4"));
    fs::last_write_time(memory.at("done/a.mp4"), fs::last_write_time(video.path));
    REQUIRE(put_away(video, root.path(), done) == memory.at("done/a.mp4"));
    CHECK_FALSE(fs::exists(video.path));
    CHECK(files_in(done) == 1);
  }
  SECTION("beside another file with the same name, size and time") {
    fs::create_directories(done);
    std::ofstream{memory.at("done/a.mp4")} << std::string(text.size(), 'w');
    fs::last_write_time(memory.at("done/a.mp4"), fs::last_write_time(video.path));
    REQUIRE(put_away(video, root.path(), done) == memory.at("done/a (2).mp4"));
    CHECK(text_of(memory.at("done/a.mp4")).front() == 'w');
    CHECK(text_of(memory.at("done/a (2).mp4")) == text);
  }
}

TEST_CASE("a second name that an interrupted move left is no reason for a third") {
  const temporary_folder root;
  fs::create_directories(root.path() / "done");
  const auto video = seen(root.file("a.mp4", "video"));
  fs::create_hard_link(video.path, root.at("done/a.mp4"));
  CHECK(put_away(video, root.path(), root.at("done")) == root.at("done/a.mp4"));
  CHECK_FALSE(fs::exists(video.path));
  CHECK(files_in(root.path() / "done") == 1);
}
