#include "tests/serving/watched_folder.hpp"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <thread>

using namespace timeloom;
using namespace timeloom::tests;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

TEST_CASE("files that lie there and files that come are told, each once") {
  watched_folder w;
  fs::create_directories(w.root.path() / "sub");
  const temporary_folder elsewhere;
  fs::create_directories(elsewhere.path() / "folder/deeper");
  elsewhere.file("folder/deeper/5.mp4", "moved with its folder");
  elsewhere.file("3.mp4", "moved");
  elsewhere.file("6.mp4", "linked");
  std::vector videos{w.root.file("1.mp4", "was there"), w.root.file("sub/2.mp4", "was there")};
  w.start();
  REQUIRE(w.heard.wait_all_told(2));

  fs::rename(elsewhere.path() / "3.mp4", w.root.path() / "sub/3.mp4");
  fs::create_directories(w.root.path() / "new/and\nodd/\xff");
  w.drop("new/and\nodd/\xff/\xfe 4.mp4", "in new folders");
  fs::rename(elsewhere.path() / "folder", w.root.path() / "folder");
  fs::create_symlink(elsewhere.path() / "6.mp4", w.root.path() / "6.mp4");
  for (const auto* name : {"sub/3.mp4", "new/and\nodd/\xff/\xfe 4.mp4", "folder/deeper/5.mp4", "6.mp4"})
    videos.push_back(w.root.at(name));
  REQUIRE(w.heard.wait_all_told(6));
  videos.push_back(w.drop("folder/deeper/7.mp4", "in a folder that was moved here"));
  REQUIRE(w.heard.wait_all_told(7));
  w.root.file("text.txt", "no video");
  w.root.file(".8.mp4", "hidden");
  w.until_quiet();
  for (const auto& video : videos)
    CHECK(w.heard.times_told(video) == 1);
  CHECK(w.heard.all_told() == 9);
  CHECK(w.heard.problems().empty());
}

TEST_CASE("a slow copy is told once, at its end") {
  watched_folder w{60ms};
  w.start();
  const auto name = in_time(w.settle, [&](const std::string& attempt, const std::function<void()>& step) {
    std::ofstream file{w.root.at(attempt + ".mp4")};
    step();
    for (int piece = 0; piece < 30; ++piece) {
      file << "piece" << std::flush;
      step();
      std::this_thread::sleep_for(8ms);
    }
  });
  const auto path = w.root.at(name + ".mp4");
  REQUIRE(w.heard.wait_told(path));
  w.until_quiet();
  REQUIRE(w.heard.times_told(path) == 1);
  CHECK(w.heard.versions(path).front().bytes == 150);
}

TEST_CASE("a copy that stands still is waited for until its writer closes it") {
  watched_folder w{200ms};
  w.start();
  REQUIRE(w.heard.wait_told(w.drop("first.mp4"))); // from now on there are events
  const auto began = std::chrono::steady_clock::now();
  std::ofstream file{w.root.at("a.mp4")};
  file << "half" << std::flush;
  REQUIRE(w.heard.wait_told(w.drop("b.mp4")));
  const auto told = w.heard.times_told(w.root.at("a.mp4"));
  if (std::chrono::steady_clock::now() - began < 12 * w.settle)
    CHECK(told == 0);
  file.close();
  CHECK(w.heard.wait_told(w.root.at("a.mp4")));
}

TEST_CASE("a file that is renamed while it is copied is told under its last name only") {
  watched_folder w{60ms};
  w.start();
  const auto name = in_time(w.settle, [&](const std::string& attempt, const std::function<void()>& step) {
    const auto first = w.root.at(attempt + " first.mp4"), second = w.root.at(attempt + " second.mp4");
    std::ofstream file{first};
    file << "one" << std::flush;
    step();
    fs::rename(first, second);
    step();
    file << "two" << std::flush;
    step();
    fs::rename(second, w.root.at(attempt + " last.mp4"));
    file << "three" << std::flush;
    step();
  });
  REQUIRE(w.heard.wait_told(w.root.at(name + " last.mp4")));
  w.until_quiet();
  CHECK(w.heard.times_told(w.root.at(name + " first.mp4")) == 0);
  CHECK(w.heard.times_told(w.root.at(name + " second.mp4")) == 0);
  CHECK(w.heard.times_told(w.root.at(name + " last.mp4")) == 1);
}

TEST_CASE("a file that is deleted before it has settled is never told") {
  watched_folder w{60ms};
  w.start();
  const auto name = in_time(w.settle, [&](const std::string& attempt, const std::function<void()>& step) {
    const auto path = w.root.file(attempt + ".mp4", "x");
    step();
    fs::remove(path);
    step();
  });
  w.until_quiet();
  CHECK(w.heard.times_told(w.root.at(name + ".mp4")) == 0);
}

TEST_CASE("a file that grew or was replaced is told again") {
  watched_folder w;
  w.start();
  const auto path = w.drop("a.mp4", "first");
  REQUIRE(w.heard.wait_told(path));
  std::ofstream{path, std::ios::app} << " and more";
  REQUIRE(w.heard.wait_told(path, 2));
  w.drop("a.mp4", "first and more");
  fs::last_write_time(path, fs::file_time_type::clock::now() + 240h);
  REQUIRE(w.heard.wait_told(path, 3));
  w.until_quiet();
  CHECK(w.heard.times_told(path) == 3);
}

TEST_CASE("a thousand files that come at once are all told, in batches") {
  watched_folder w;
  const bool while_watching = GENERATE(true, false);
  if (while_watching)
    w.start();
  for (int i = 0; i < 1000; ++i)
    w.drop(fmt::format("{}.mp4", i));
  if (!while_watching)
    w.start();
  REQUIRE(w.heard.wait_all_told(1000));
  for (int i = 0; i < 1000; ++i)
    REQUIRE(w.heard.times_told(w.root.at(fmt::format("{}.mp4", i))) == 1);
  CHECK(w.heard.all_told() == 1000);
  CHECK(w.heard.largest_batch() <= 500);
}

TEST_CASE("files that could not be told are told after the next rescan") {
  watched_folder w;
  w.heard.refuse(1);
  for (int i = 0; i < 600; ++i)
    w.root.file(fmt::format("{}.mp4", i), "x");
  w.start();
  REQUIRE(w.heard.wait_refused());
  w.watch->rescan();
  REQUIRE(w.heard.wait_all_told(600));
  w.until_quiet();
  CHECK(w.heard.all_told() == 602);
}

TEST_CASE("a file that is known is not told until it changes, and asked about once") {
  watched_folder w;
  const auto path = w.root.file("a.mp4", "x");
  w.heard.know(path);
  w.start();
  w.until_quiet();
  CHECK(w.heard.times_told(path) == 0);
  CHECK(w.heard.times_asked(path) == 1);
  std::ofstream{path, std::ios::app} << "more";
  REQUIRE(w.heard.wait_told(path));
  CHECK(w.heard.times_asked(path) == 1);
}

TEST_CASE("what no event tells of is found by a rescan") {
  watched_folder w;
  const temporary_folder elsewhere;
  const auto path = w.root.file("a.mp4", "x");
  fs::create_hard_link(path, elsewhere.path() / "alias");
  w.start();
  REQUIRE(w.heard.wait_told(path));
  std::ofstream{elsewhere.at("alias"), std::ios::app} << "more"; // the event goes to the other folder
  w.until_quiet();
  REQUIRE(w.heard.wait_told(path, 2));
  CHECK(w.heard.versions(path).back().bytes == 5);
}

TEST_CASE("a file whose event was lost because there were too many is found all the same") {
  watched_folder w;
  w.start();
  w.heard.block(true);
  w.drop("a.mp4");
  REQUIRE(w.heard.wait_blocked());
  int most_events = 0;
  REQUIRE(std::ifstream{"/proc/sys/fs/inotify/max_queued_events"} >> most_events);
  const auto back = w.root.file("1.txt", "x"), forth = w.root.at("2.txt");
  for (int events = 0; events <= most_events; events += 4) {
    fs::rename(back, forth);
    fs::rename(forth, back);
  }
  w.drop("b.mp4");
  w.heard.block(false);
  CHECK(w.heard.wait_told(w.root.at("b.mp4")));
}

TEST_CASE("a folder that is moved tells its files under their new names, and goes on to") {
  watched_folder w;
  fs::create_directories(w.root.path() / "a/sub");
  w.root.file("a/sub/1.mp4", "x");
  w.start();
  REQUIRE(w.heard.wait_told(w.root.at("a/sub/1.mp4")));
  fs::rename(w.root.path() / "a", w.root.path() / "b");
  REQUIRE(w.heard.wait_told(w.root.at("b/sub/1.mp4")));
  REQUIRE(w.heard.wait_told(w.drop("b/sub/2.mp4")));
  fs::rename(w.root.path() / "b", w.root.path() / "done"); // which is left out
  w.root.file("done/sub/3.mp4", "x");
  w.until_quiet();
  CHECK(w.heard.times_told(w.root.at("b/sub/1.mp4")) == 1);
  CHECK(w.heard.all_told() == 5);
}

TEST_CASE("a folder without rights is told of once, and the others are watched") {
  watched_folder w;
  fs::create_directories(w.root.path() / "locked");
  w.root.file("locked/a.mp4", "x");
  REQUIRE(::chmod(w.root.path().c_str(), 0755) == 0);
  REQUIRE(::chmod(w.root.at("locked").c_str(), 0) == 0);
  const auto as_nobody = 65534U; // for whom 0 means no rights, unlike for root; the watch's thread inherits it
  const auto before = ::setfsuid(as_nobody);
  w.start();
  ::setfsuid(static_cast<uid_t>(before));
  CHECK(w.heard.wait_problem("cannot read the folder " + w.root.at("locked")));
  w.until_quiet();
  CHECK(w.heard.problems().size() == 1);

  REQUIRE(::chmod(w.root.at("locked").c_str(), 0755) == 0);
  w.watch->rescan();
  CHECK(w.heard.wait_told(w.root.at("locked/a.mp4")));
}

TEST_CASE("a watched folder that goes is told of, and watched again when it comes back") {
  watched_folder w;
  const temporary_folder elsewhere;
  const auto path = w.root.file("a.mp4", "x");
  w.start();
  REQUIRE(w.heard.wait_told(path));
  fs::rename(w.root.path(), elsewhere.path() / "away");
  REQUIRE(w.heard.wait_problem("cannot read the folder " + w.root.path().string()));
  w.watch->rescan();
  fs::rename(elsewhere.path() / "away", w.root.path());
  w.watch->rescan();
  REQUIRE(w.heard.wait_problem("can be read again"));
  w.until_quiet();
  CHECK(w.heard.times_told(path) == 1); // the same file as before
  CHECK(w.heard.problems().size() == 2);
}

TEST_CASE("a watch does not start with a folder that cannot be read") {
  const temporary_folder root;
  hearing heard;
  const auto start = [&](const std::string& folder) {
    return folder_watch::start({.folders = {folder}, .patterns = {"*"}}, heard.listener());
  };
  CHECK(start(root.at("missing")).error().code == errc::not_found);
  CHECK(start(root.file("file", "x")).error().code == errc::not_found);
  CHECK(start("relative").error().code == errc::invalid_argument);
  CHECK(start(root.path().string() + "/./"));
}
