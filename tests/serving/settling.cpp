#include "serving/settling.hpp"
#include "tests/catch.hpp"

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// A settling whose looks take no time, at times that the test says.
struct virtual_looks {
  settling files{100ms};

  static settling::clock::time_point at(std::chrono::milliseconds time) {
    return settling::clock::time_point{} + 1h + time;
  }
  void saw(const seen_file& file, std::chrono::milliseconds time) { files.saw(file, at(time), at(time)); }
  std::vector<std::string> due(std::chrono::milliseconds time) const { return files.due(at(time)); }
};

seen_file file(const std::string& path, std::int64_t bytes, std::int64_t modified_ns = 1, std::uint64_t inode = 7) {
  return {path, {bytes, modified_ns, inode}};
}

using files = std::vector<seen_file>;
using paths = std::vector<std::string>;

} // namespace

TEST_CASE("a file is whole when two looks far enough apart found the same, and is given out once") {
  virtual_looks looks;
  looks.saw(file("/a", 5), 0ms);
  CHECK(looks.files.next_look() == looks.at(100ms));
  looks.saw(file("/a", 5), 99ms);
  CHECK(looks.files.take_whole().empty());
  CHECK(looks.due(99ms).empty());
  CHECK(looks.due(100ms) == paths{"/a"});
  looks.saw(file("/a", 5), 100ms);
  CHECK(looks.files.take_whole() == files{file("/a", 5)});
  CHECK_FALSE(looks.files.next_look());

  looks.saw(file("/a", 5), 500ms);
  CHECK_FALSE(looks.files.next_look());
  CHECK(looks.files.take_whole().empty());
}

TEST_CASE("a file whose size, time or inode changes waits anew") {
  virtual_looks looks;
  looks.saw(file("/a", 5, 1, 7), 0ms);
  looks.saw(file("/a", 6, 1, 7), 90ms);
  looks.saw(file("/a", 6, 2, 7), 180ms);
  looks.saw(file("/a", 6, 2, 8), 270ms);
  looks.saw(file("/a", 6, 2, 8), 369ms);
  CHECK(looks.files.take_whole().empty());
  looks.saw(file("/a", 6, 2, 8), 370ms);
  CHECK(looks.files.take_whole() == files{file("/a", 6, 2, 8)});
}

TEST_CASE("what a slow look found counts from its end, and proves nothing later than its beginning") {
  settling files{100ms};
  const auto at = virtual_looks::at;
  files.saw(file("/a", 5), at(0ms), at(50ms));
  files.saw(file("/a", 5), at(149ms), at(400ms));
  CHECK(files.take_whole().empty());
  files.saw(file("/a", 5), at(150ms), at(150ms));
  CHECK(files.take_whole().size() == 1);
}

TEST_CASE("a file that was given out is given out again when it is another one") {
  virtual_looks looks;
  looks.saw(file("/a", 5), 0ms);
  looks.saw(file("/a", 5), 100ms);
  REQUIRE(looks.files.take_whole().size() == 1);
  looks.saw(file("/a", 5, 2), 200ms);
  CHECK(looks.files.take_whole().empty());
  looks.saw(file("/a", 5, 2), 300ms);
  CHECK(looks.files.take_whole() == files{file("/a", 5, 2)});

  SECTION("but not when it became what it was before that was noticed") {
    looks.saw(file("/a", 9), 400ms);
    looks.saw(file("/a", 5, 2), 450ms);
    looks.saw(file("/a", 5, 2), 900ms);
    CHECK(looks.files.take_whole().empty());
    CHECK_FALSE(looks.files.next_look());
  }
}

TEST_CASE("a whole file that changes before it was taken is given out in its last version only") {
  virtual_looks looks;
  looks.saw(file("/a", 5), 0ms);
  looks.saw(file("/a", 5), 100ms);
  looks.saw(file("/a", 6), 101ms);
  CHECK(looks.files.take_whole().empty());
  looks.saw(file("/a", 5), 102ms); // as at first, which nobody got
  looks.saw(file("/a", 5), 202ms);
  CHECK(looks.files.take_whole() == files{file("/a", 5)});
}

TEST_CASE("a file that has gone is not given out, and one that comes back is new") {
  virtual_looks looks;
  looks.saw(file("/a", 5), 0ms);
  looks.files.gone("/a");
  CHECK_FALSE(looks.files.has_seen("/a"));
  CHECK_FALSE(looks.files.next_look());
  looks.saw(file("/a", 5), 90ms);
  looks.saw(file("/a", 5), 110ms);
  CHECK(looks.files.take_whole().empty());
  looks.saw(file("/a", 5), 190ms);
  looks.files.gone("/a"); // whole, but not yet taken
  CHECK(looks.files.take_whole().empty());
}

TEST_CASE("a known version is not given out, a later one is") {
  virtual_looks looks;
  looks.files.known(file("/a", 5));
  CHECK(looks.files.has_seen("/a"));
  looks.saw(file("/a", 5), 0ms);
  looks.saw(file("/a", 5), 200ms);
  CHECK(looks.files.take_whole().empty());
  looks.saw(file("/a", 6), 300ms);
  looks.saw(file("/a", 6), 400ms);
  CHECK(looks.files.take_whole() == files{file("/a", 6)});
}

TEST_CASE("a file that its writer has not closed gets longer, but not for ever") {
  virtual_looks looks;
  looks.saw(file("/a", 5), 0ms);
  looks.files.being_written("/a", true);
  CHECK(looks.due(1100ms).empty());
  looks.saw(file("/a", 5), 1100ms);
  CHECK(looks.files.take_whole().empty());

  SECTION("once closed it is whole after the usual time without a change") {
    looks.files.being_written("/a", false);
    CHECK(looks.due(1100ms) == paths{"/a"});
    looks.saw(file("/a", 5), 1101ms);
    CHECK(looks.files.take_whole().size() == 1);
  }
  SECTION("left open it is whole after twelve times that") {
    CHECK(looks.due(1200ms) == paths{"/a"});
    looks.saw(file("/a", 5), 1200ms);
    CHECK(looks.files.take_whole().size() == 1);
  }
}

TEST_CASE("whole files come in order of their paths, and looks in order of their times") {
  virtual_looks looks;
  looks.saw(file("/c", 1), 0ms);
  looks.saw(file("/a", 1), 20ms);
  looks.saw(file("/b", 1), 10ms);
  CHECK(looks.due(110ms) == paths{"/c", "/b"});
  for (const auto* path : {"/c", "/b", "/a"})
    looks.saw(file(path, 1), 200ms);
  CHECK(looks.files.take_whole() == files{file("/a", 1), file("/b", 1), file("/c", 1)});
}

TEST_CASE("what a round did not see is told, settled or not") {
  virtual_looks looks;
  looks.files.known(file("/known", 1));
  looks.saw(file("/waits", 1), 0ms);
  looks.files.known(file("/known and changed", 1));
  looks.saw(file("/known and changed", 2), 0ms);
  looks.files.start_round();
  auto unseen = looks.files.unseen();
  std::sort(unseen.begin(), unseen.end());
  CHECK(unseen == paths{"/known", "/known and changed", "/waits"});
  looks.saw(file("/known", 1), 10ms);
  looks.saw(file("/waits", 1), 10ms);
  looks.saw(file("/known and changed", 2), 10ms);
  CHECK(looks.files.unseen().empty());
}
