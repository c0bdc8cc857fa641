#include "serving/folder_walk.hpp"
#include "tests/temporary_folder.hpp"

#include <map>
#include <set>
#include <sys/stat.h>

using namespace timeloom;
using timeloom::tests::temporary_folder;
namespace fs = std::filesystem;

namespace {

/// What a walk tells.
struct walked {
  explicit walked(std::vector<std::string> patterns = {"*.mp4"}, std::vector<std::string> leave_out = {})
      : walk(std::move(patterns), std::move(leave_out),
             {.enters =
                  [this](int, const std::string& path) {
                    entered.insert(path);
                    return entered.size() < most_folders;
                  },
              .finds = [this](const seen_file& file) { found[file.path] = file.version; },
              .misses = [this](const std::string& where, const std::string& why) { missed[where] = why; }}) {}

  std::set<std::string> entered;
  std::map<std::string, file_version> found;
  std::map<std::string, std::string> missed;
  std::size_t most_folders = 1000;
  folder_walk walk;
};

} // namespace

TEST_CASE("a walk finds the videos of all subfolders, whatever bytes their names have") {
  const temporary_folder root;
  fs::create_directories(root.path() / "a/b");
  const std::set<std::string> videos{root.file("1.mp4", "12345"), root.file("a/UPPER.MP4", ""),
                                     root.file("a/b/new\nline.mp4", "x"), root.file("a/b/\xff\xfe.mp4", "x")};
  root.file("a/text.txt", "x");
  root.file("a/mp4", "x");
  walked all;
  REQUIRE(all.walk.all(root.path()));
  std::set<std::string> found;
  for (const auto& [path, version] : all.found)
    found.insert(path);
  CHECK(found == videos);
  CHECK(all.found[root.at("1.mp4")].bytes == 5);
  CHECK(all.entered == std::set<std::string>{root.path(), root.at("a"), root.at("a/b")});
  CHECK(all.missed.empty());
}

TEST_CASE("a walk takes no folder, FIFO or hidden file for a video and follows no link to a folder") {
  const temporary_folder root, elsewhere;
  root.file(".hidden.mp4", "x");
  elsewhere.file("outside.mp4", "12");
  fs::create_directories(root.path() / ".hidden");
  root.file(".hidden/a.mp4", "x");
  fs::create_directories(root.path() / "folder.mp4");
  const auto inside = root.file("folder.mp4/a.mp4", "x");
  REQUIRE(::mkfifo(root.at("fifo.mp4").c_str(), 0600) == 0);
  fs::create_symlink(elsewhere.path(), root.path() / "link");
  fs::create_symlink(elsewhere.path(), root.path() / "link.mp4");
  fs::create_symlink("nowhere", root.path() / "dangling.mp4");
  fs::create_symlink(elsewhere.path() / "outside.mp4", root.path() / "file-link.mp4");
  walked all;
  REQUIRE(all.walk.all(root.path()));
  CHECK(all.found.size() == 2);
  CHECK(all.found.contains(inside));
  CHECK(all.found[root.at("file-link.mp4")].bytes == 2);
  CHECK(all.missed.empty());

  walked through_link;
  REQUIRE(through_link.walk.all(root.at("link")));
  CHECK(through_link.found.contains(root.at("link/outside.mp4")));
}

TEST_CASE("folders that are left out are left out under every name") {
  const temporary_folder root, links;
  fs::create_directories(root.path() / "done/sub");
  root.file("done/sub/a.mp4", "x");
  fs::create_symlink(root.path(), links.path() / "alias");
  walked all({"*"}, {links.at("alias/done"), "/not/there"});
  REQUIRE(all.walk.all(root.path()));
  CHECK(all.found.empty());
}

TEST_CASE("a folder that is not there fails where a walk begins, and is silent where it went meanwhile") {
  const temporary_folder root;
  walked all;
  const auto missing = all.walk.all(root.at("missing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == errc::not_found);
  all.walk.beneath(root.path(), root.at("missing"));
  CHECK(all.missed.empty());
}

TEST_CASE("a tree that is too deep is cut off with a sentence") {
  const temporary_folder root;
  auto folder = root.path();
  for (int depth = 1; depth <= 64; ++depth)
    folder /= "d";
  fs::create_directories(folder / "d");
  { std::ofstream{folder / "found.mp4"} << "x"; }
  { std::ofstream{folder / "d/missed.mp4"} << "x"; }
  walked all;
  REQUIRE(all.walk.all(root.path()));
  CHECK(all.found.size() == 1);
  CHECK(all.found.contains(folder / "found.mp4"));
  CHECK(all.missed.at(folder / "d").find("more than 64 levels deep") != std::string::npos);

  walked part; // the same, told by an event in the middle
  part.walk.beneath(root.path(), folder.parent_path());
  CHECK(part.found == all.found);
  CHECK(part.missed == all.missed);
}

TEST_CASE("a walk ends when it is told to") {
  const temporary_folder root;
  for (int i = 0; i < 10; ++i)
    fs::create_directories(root.path() / std::to_string(i) / "sub");
  walked all;
  all.most_folders = 4;
  REQUIRE(all.walk.all(root.path()));
  CHECK(all.entered.size() == 4);
}

TEST_CASE("a path lies in a folder by whole names") {
  CHECK(lies_in("/a/b", "/a"));
  CHECK(lies_in("/a/b", "/"));
  CHECK_FALSE(lies_in("/ab", "/a"));
  CHECK_FALSE(lies_in("/a", "/a"));
}
