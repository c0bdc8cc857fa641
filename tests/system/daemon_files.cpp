/// Files as people and programs leave them in a watched folder: each ends as it should, with a sentence.
#include "tests/catch.hpp"
#include "tests/system/running_daemon.hpp"

#include <csignal>
#include <fstream>
#include <set>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace timeloom::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Root may read and write everything: then the daemon runs as a root that may not, and finds its programs wherever
/// they lie.
std::vector<std::string> without_privileges() {
  if (::geteuid() != 0)
    return {};
  return {"setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps",
          "-dac_override,-dac_read_search"};
}

/// Writes `bytes` to `path` in `pieces`, with a rest after each, and calls `between` after half of them.
void write_slowly(
    const std::string& path, const std::string& bytes, std::size_t pieces,
    const std::function<void()>& between = [] {}) {
  std::ofstream file{path, std::ios::binary};
  for (std::size_t i = 0; i < pieces; ++i) {
    const auto from = bytes.size() * i / pieces, to = bytes.size() * (i + 1) / pieces;
    file << bytes.substr(from, to - from) << std::flush;
    std::this_thread::sleep_for(50ms);
    if (i == pieces / 2)
      between();
  }
}

void append(const std::string& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary | std::ios::app} << bytes;
}

std::string story_of(const json& job) {
  std::string text;
  for (const auto& step : job.at("story"))
    text += step.at("what").get<std::string>() + '\n';
  return text;
}

/// A small file system of its own.
class small_disk {
public:
  explicit small_disk(std::string path, const std::string& size = "size=1m") : path_(std::move(path)) {
    fs::create_directories(path_);
    REQUIRE(::mount("timeloom-test", path_.c_str(), "tmpfs", 0, size.c_str()) == 0);
  }
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;
  ~small_disk() { ::umount2(path_.c_str(), MNT_DETACH); }

  void fill() const {
    std::ofstream file{path_ + "/ballast"};
    const std::string piece(4096, 'x');
    while (file << piece << std::flush) {
    }
  }
  void make_room() const { fs::remove(path_ + "/ballast"); }

private:
  std::string path_;
};

/// Whether there can be a small_disk; where not, the test is told to be left out.
bool may_mount() {
  bool mounted = false;
  if (::geteuid() == 0) {
    const temporary_folder folder;
    mounted = ::mount("timeloom-test", folder.path().c_str(), "tmpfs", 0, "size=64k") == 0;
    ::umount2(folder.path().c_str(), MNT_DETACH);
  }
  if (!mounted)
    WARN("left out: only root, where it may mount, has a disk to fill");
  return mounted;
}

} // namespace

TEST_CASE("a hundred videos dropped at once are analyzed once each") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  for (int i = 0; i < 100; ++i)
    copy_with_tail(clip, folder.path("watch/" + std::to_string(i) + ".mp4"), std::to_string(i));
  REQUIRE(daemon.wait_until_over(100));
  for (const auto& job : daemon.jobs()) {
    INFO(job.dump(1));
    CHECK(job.at("state") == "done");
    CHECK(job.at("result_of").is_null());
  }
  check_results(folder, 100);
}

TEST_CASE("a video is taken once it is whole, however slowly it comes") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "settle_s: 0.2, unfinished_s: 600"});
  const auto clip = read_file(make_tiny_clip(folder, "clip.mp4"));
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  SECTION("copied in pieces") {
    write_slowly(folder.path("watch/last.mp4"), clip, 20);
  }
  SECTION("renamed while it is copied") {
    write_slowly(folder.path("watch/before.mp4"), clip, 20,
                 [&] { fs::rename(folder.path("watch/before.mp4"), folder.path("watch/last.mp4")); });
  }
  SECTION("under a name of its own until it is whole") {
    write_slowly(folder.path("watch/last.mp4.part"), clip, 10);
    fs::rename(folder.path("watch/last.mp4.part"), folder.path("watch/last.mp4"));
  }
  const auto job = daemon.wait_for("last.mp4", "done partial failed quarantined");
  INFO(job.dump(1));
  CHECK(job.at("state") == "done");
  CHECK(job.at("attempts") == 0);
  CHECK(daemon.jobs().size() == 1);
  check_results(folder, 1);
}

TEST_CASE("a video whose copying stops for longer than settle_s is analyzed once, and whole") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "unfinished_s: 600, after: move"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto clip = make_clip(folder, "clip.mp4", "testsrc2=size=160x90:rate=25", 4); // its index is its end
  ffmpeg({"-i", clip, "-c", "copy", "-movflags", "faststart", folder.path("early.mp4")});
  ffmpeg({"-i", clip, "-c", "copy", folder.path("clip.mkv")});
  const std::string name = GENERATE("clip.mp4", "early.mp4", "clip.mkv");
  const auto video = read_file(folder.path(name));
  const auto waits_because = [&](const std::string& words) {
    return wait_until([&] {
      const auto job = daemon.job_of(name);
      return !job.is_null() && has(job.at("reason"), "waits for its rest: ") && has(job.at("reason"), words);
    });
  };
  folder.write("watch/" + name, "");
  REQUIRE(waits_because("is empty"));
  append(folder.path("watch/" + name), video.substr(0, video.size() / 2));
  REQUIRE(waits_because(name == "clip.mp4" ? "moov atom not found" : "the container promises 4.0"));
  append(folder.path("watch/" + name), video.substr(video.size() / 2));
  const auto job = daemon.wait_for(name, "done partial failed quarantined");
  INFO(job.dump(1));
  CHECK(job.at("state") == "done");
  CHECK(job.at("attempts") == 0);
  CHECK(daemon.jobs().size() == 1);
  CHECK(folder.names_in("watch/done") == std::vector{name});
  check_results(folder, 1);
}

TEST_CASE("a video whose rest does not come is taken as it is when its time is over") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "unfinished_s: 1.5"});
  running_daemon daemon{folder};
  const auto clip = make_clip(folder, "clip.mp4", "testsrc2=size=160x90:rate=25", 4);
  ffmpeg({"-i", clip, "-c", "copy", folder.path("clip.mkv")});
  const auto half = [&](const std::string& name) {
    const auto whole = read_file(folder.path(name));
    return whole.substr(0, whole.size() / 2);
  };
  REQUIRE(daemon.wait_until_up());
  folder.write("watch/no_index.mp4", half("clip.mp4"));
  folder.write("watch/half.mkv", half("clip.mkv"));
  // Whoever submits one waits for it.
  const auto submitted = folder.write("watch/now.mp4.part", half("clip.mp4") + "now");
  REQUIRE(daemon.post("/v1/jobs", {{"path", submitted}}));
  REQUIRE(daemon.wait_until_over(3));
  const auto failed = daemon.job_of("no_index.mp4"), partial = daemon.job_of("half.mkv");
  INFO(failed.dump(1) << partial.dump(1));
  CHECK(failed.at("state") == "failed");
  CHECK(has(failed.at("reason"), "no_index.mp4 cannot be opened as "));
  CHECK(has(story_of(failed), "stopped, free of charge: waits for its rest: "));
  CHECK(partial.at("state") == "partial");
  CHECK(has(story_of(partial), "stopped, free of charge: waits for its rest: "));
  CHECK_FALSE(has(story_of(daemon.job_of("now.mp4.part")), "free of charge"));
  // And when its rest comes after all, it is another one.
  const auto whole = read_file(clip);
  append(folder.path("watch/no_index.mp4"), whole.substr(whole.size() / 2));
  CHECK(daemon.wait_for("no_index.mp4", "done").at("reason") == "");
}

TEST_CASE("a changed video is analyzed again, and its result takes the place of the old one") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "watch/a.mp4", 1);
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto first = daemon.wait_for("a.mp4", "done");
  make_tiny_clip(folder, "watch/b.mp4", 2);
  fs::rename(folder.path("watch/b.mp4"), folder.path("watch/a.mp4"));
  json second;
  REQUIRE(wait_until([&] {
    second = daemon.job_of("a.mp4");
    return second.at("state") == "done" && second.at("sha256") != first.at("sha256");
  }));
  check_results(folder, 1);
  CHECK(timeline_at(folder.path("results/a.mp4.timeline.json")).at("media").at("sha256") == second.at("sha256"));
}

TEST_CASE("a video that changes while it is analyzed ends with the result of what it is last") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.more = "media: {workers: 2}\n"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  make_tiny_clip(folder, "short.mp4");
  make_clip(folder, "long.mp4", "testsrc2=size=1280x720:rate=25", 30);
  fs::rename(folder.path("long.mp4"), folder.path("watch/a.mp4"));
  REQUIRE(wait_until([&] { return worker_on(daemon.pid(), folder.path("watch/a.mp4")) != 0; }));
  fs::rename(folder.path("short.mp4"), folder.path("watch/a.mp4"));
  const auto whole = std::to_string(fs::file_size(folder.path("watch/a.mp4"))) + " bytes";
  REQUIRE(wait_until([&] { return has(story_of(daemon.job_of("a.mp4")), whole); }));
  CHECK(worker_on(daemon.pid(), folder.path("watch/a.mp4 (deleted)")) != 0);
  REQUIRE(daemon.wait_until_over(2));
  check_results(folder, 1);
  const auto made = timeline_at(folder.path("results/a.mp4.timeline.json"));
  CHECK(made.at("media").at("duration_s").get<double>() < 1);
  CHECK(made.at("media").at("sha256") == daemon.job_of("a.mp4").at("sha256"));
}

TEST_CASE("the same content under another name is not analyzed again") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "after: " + std::string{GENERATE("in_place", "move")}});
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  fs::copy_file(clip, folder.path("watch/a.mp4"));
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto first = daemon.wait_for("a.mp4", "done");
  fs::copy_file(clip, folder.path("watch/b.mp4"));
  const auto second = daemon.wait_for("b.mp4", "done");
  CHECK(second.at("result_of") == first.at("id"));
  CHECK(has(story_of(second), "has the same content as job 1"));
  check_results(folder, 2);
  CHECK(read_file(folder.path("results/b.mp4.timeline.json")) == read_file(folder.path("results/a.mp4.timeline.json")));
  // And goes on to have it when the first becomes another one.
  make_tiny_clip(folder, "other.mp4", 5);
  fs::rename(folder.path("other.mp4"), folder.path("watch/a.mp4"));
  REQUIRE(wait_until([&] { return daemon.job_of("a.mp4").at("sha256") != first.at("sha256"); }));
  daemon.wait_for("a.mp4", "done");
  CHECK(timeline_at(folder.path("results/b.mp4.timeline.json")).at("media").at("sha256") == first.at("sha256"));
}

TEST_CASE("videos of one size run side by side, and the same content at once under two names is analyzed once") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "running_jobs: 3", .more = "media: {workers: 1}\n"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  held_worker worker{daemon, folder};
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  for (const auto& [name, content] :
       std::map<std::string, std::string>{{"a.mp4", "1"}, {"b.mp4", "2"}, {"c.mp4", "1"}}) {
    copy_with_tail(clip, folder.path("watch/" + name), content);
    daemon.wait_for(name, "running");
  }
  worker.let_go();
  CHECK(daemon.wait_for("b.mp4", "done").at("result_of").is_null());
  CHECK(daemon.wait_for("c.mp4", "done").at("result_of") == daemon.wait_for("a.mp4", "done").at("id"));
  check_results(folder, 4); // and of the first
}

TEST_CASE("a stop does not wait for the content of a large file") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "running_jobs: 2, drain_s: 1", .more = "media: {workers: 1}\n"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  held_worker worker{daemon, folder};
  for (const std::string name : {"a.mp4", "b.mp4"}) { // of one size, so that both are read
    folder.write(name, "");
    fs::resize_file(folder.path(name), std::uintmax_t{64} << 30);
    fs::rename(folder.path(name), folder.path("watch/" + name));
    daemon.wait_for(name, "running");
  }
  worker.let_go();
  const auto asked = std::chrono::steady_clock::now();
  CHECK(daemon.end().status == 0);
  CHECK(std::chrono::steady_clock::now() - asked < 15s);
}

TEST_CASE("what is no video, or not the watch's, ends with a sentence or is left alone") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "outside.mp4");
  folder.write("watch/empty.mp4", "");
  folder.write("watch/text.mp4", "not a video at all\n");
  fs::create_directories(folder.path("watch/folder.mp4"));
  fs::create_symlink(folder.path("outside.mp4"), folder.path("watch/link.mp4"));
  fs::create_symlink("nowhere.mp4", folder.path("watch/dangling.mp4"));
  fs::create_symlink("loop.mp4", folder.path("watch/loop.mp4"));
  REQUIRE(::mkfifo(folder.path("watch/pipe.mp4").c_str(), 0600) == 0);
  const std::string odd[] = {"two\nlines.mp4", "not\xff\xfeutf8.mp4", " -rf.mp4", "\"quoted\" & 'odd'.mp4"};
  for (const auto& name : odd)
    copy_with_tail(folder.path("outside.mp4"), folder.path("watch/" + name), name);
  make_tiny_clip(folder, "watch/folder.mp4/within.mp4", 3);
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  REQUIRE(daemon.wait_until_over(8));
  const std::map<std::string, std::string> sentences{
      {"empty.mp4", "empty"}, {"text.mp4", "nvalid data"}, {"link.mp4", "outside the allowed root"}};
  std::set<std::string> done;
  for (const auto& job : daemon.jobs()) {
    const auto name = job.at("name").get<std::string>();
    INFO(job.dump(1));
    if (const auto sentence = sentences.find(name); sentence != sentences.end()) {
      CHECK(job.at("state") == "failed");
      CHECK(has(job.at("reason"), sentence->second));
    } else {
      CHECK(job.at("state") == "done");
      done.insert(name);
    }
  }
  CHECK(done == std::set<std::string>{"two\nlines.mp4", "not\uFFFD\uFFFDutf8.mp4", " -rf.mp4", "\"quoted\" & 'odd'.mp4",
                                      "within.mp4"});
  check_results(folder, 5);
  for (const auto& name : odd)
    CHECK(fs::exists(folder.path("results/" + name + ".timeline.json")));
}

TEST_CASE("no request reads a file outside of the allowed folders") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "outside.mp4");
  make_tiny_clip(folder, "watch/a.mp4", 1);
  fs::create_directories(folder.path("elsewhere"));
  fs::copy_file(folder.path("outside.mp4"), folder.path("elsewhere/b.mp4"));
  fs::create_directory_symlink(folder.path("elsewhere"), folder.path("watch/linked"));
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto media = "/v1/jobs/" + daemon.wait_for("a.mp4", "done").at("id").dump() + "/media";
  CHECK(daemon.answer(media).status == 200);
  fs::create_symlink(folder.path("outside.mp4"), folder.path("watch/link.mp4"));
  daemon.wait_for("link.mp4", "failed");
  for (const auto& wanted :
       {folder.path("outside.mp4"), folder.path("watch/../outside.mp4"), folder.path("watch/link.mp4"),
        folder.path("watch/linked/b.mp4"), folder.path("state/token"), folder.path("state/journal.sqlite"),
        std::string{"/proc/self/environ"}, std::string{"watch/a.mp4"}, "file://" + folder.path("watch/a.mp4"),
        std::string{}}) {
    INFO(wanted);
    CHECK_FALSE(daemon.post("/v1/jobs", {{"path", wanted}}));
  }
  CHECK(daemon.jobs().size() == 2);
  fs::remove(folder.path("watch/a.mp4"));
  fs::create_symlink(folder.path("outside.mp4"), folder.path("watch/a.mp4"));
  CHECK(daemon.answer(media).status != 200);
}

TEST_CASE("a video that is deleted ends as what was seen of it") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "after: move"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  SECTION("before its turn: failed") {
    REQUIRE(daemon.post("/v1/queue/pause"));
    make_tiny_clip(folder, "watch/a.mp4");
    daemon.wait_for("a.mp4", "queued");
    fs::remove(folder.path("watch/a.mp4"));
    REQUIRE(daemon.post("/v1/queue/resume"));
    const auto job = daemon.wait_for("a.mp4", "failed");
    CHECK(has(job.at("reason"), "No such file"));
    CHECK_FALSE(has(story_of(job), "not put away"));
    check_results(folder, 0);
  }
  SECTION("in mid-analysis: done, because it was open") {
    make_long_clip(folder, "long.mp4");
    fs::rename(folder.path("long.mp4"), folder.path("watch/a.mp4"));
    REQUIRE(wait_until([&] { return worker_on(daemon.pid(), folder.path("watch/a.mp4")) != 0; }));
    fs::remove(folder.path("watch/a.mp4"));
    const auto job = daemon.wait_for("a.mp4", "done partial failed quarantined");
    INFO(job.dump(1));
    CHECK(job.at("state") == "done");
    CHECK(has(story_of(job),
              "done; the video is not put away: " + folder.path("watch/a.mp4") + " is not there any more"));
    check_results(folder, 1);
  }
}

TEST_CASE("a video that may not be read is quarantined with the reason, and analyzed when it is retried") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "max_attempts: 2, retry_delay_s: 1"});
  make_tiny_clip(folder, "watch/a.mp4");
  const auto prefix = without_privileges();
  fs::permissions(folder.path("watch/a.mp4"), fs::perms::none);
  running_daemon daemon{folder, {}, prefix};
  REQUIRE(daemon.wait_until_up());
  const auto job = daemon.wait_for("a.mp4", "done failed quarantined", 20s);
  CHECK(job.at("state") == "quarantined");
  CHECK(has(job.at("reason"), "Permission denied (attempt 2 of 2)"));
  fs::permissions(folder.path("watch/a.mp4"), fs::perms::owner_read);
  REQUIRE(daemon.post("/v1/jobs/1/retry"));
  daemon.wait_for("a.mp4", "done");
  check_results(folder, 1);
}

TEST_CASE("results wait for a folder that cannot be written") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1"});
  const auto prefix = without_privileges();
  SECTION("that became so: the job says why, and is done when it can be written again") {
    running_daemon daemon{folder, {}, prefix};
    REQUIRE(daemon.wait_until_up());
    fs::permissions(folder.path("results"), fs::perms::owner_read | fs::perms::owner_exec);
    make_tiny_clip(folder, "watch/a.mp4");
    REQUIRE(wait_until([&] { return has(daemon.get("/v1/jobs")->at("held"), "Permission denied"); }));
    CHECK(has(read_file(folder.path("err.txt")), "[warning] nothing starts, because no result can be kept: "));
    CHECK(daemon.job_of("a.mp4").at("story").size() == 1);
    fs::permissions(folder.path("results"), fs::perms::owner_all);
    daemon.wait_for("a.mp4", "done");
    check_results(folder, 1);
  }
  SECTION("from the start: the page tells") {
    fs::permissions(folder.path("results"), fs::perms::owner_read | fs::perms::owner_exec);
    running_daemon daemon{folder, {}, prefix};
    REQUIRE(wait_until([&] { return has(read_file(folder.path("err.txt")), "only the page is up"); }));
    CHECK(has(read_file(folder.path("err.txt")), "cannot write to the output folder " + folder.path("results")));
    fs::permissions(folder.path("results"), fs::perms::owner_all);
    daemon.kill(SIGHUP);
    REQUIRE(daemon.wait_until_up());
  }
}

TEST_CASE("results wait for room on a full disk") {
  if (!may_mount())
    return;
  const temporary_folder folder;
  const small_disk disk{folder.path("results")};
  make_tiny_clip(folder, "watch.mp4");
  SECTION("the job says why, and is done when there is some") {
    write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1, min_free_gib: 0"});
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    disk.fill();
    fs::copy_file(folder.path("watch.mp4"), folder.path("watch/a.mp4"));
    REQUIRE(wait_until([&] { return has(daemon.get("/v1/jobs")->at("held"), "No space left on device"); }));
    CHECK(daemon.job_of("a.mp4").at("story").size() == 1);
    CHECK(folder.names_in("results") == std::vector<std::string>{"ballast"});
    disk.make_room();
    daemon.wait_for("a.mp4", "done");
  }
  SECTION("that the configuration wants free: nothing starts, and the list says why") {
    write_daemon_configuration(folder, {.daemon = "min_free_gib: 0.0005"});
    disk.fill();
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    fs::copy_file(folder.path("watch.mp4"), folder.path("watch/a.mp4"));
    daemon.wait_for("a.mp4", "queued");
    REQUIRE(wait_until([&] { return has(daemon.get("/v1/jobs")->at("held"), "free on the disk of the results"); }));
    CHECK(daemon.job_of("a.mp4").at("story").size() == 1);
    disk.make_room();
    daemon.wait_for("a.mp4", "done");
  }
  check_results(folder, 1);
}

TEST_CASE("a video waits for room where it is put away, and the journal says why it stays") {
  if (!may_mount())
    return;
  const temporary_folder folder;
  const small_disk disk{folder.path("watch/done")};
  disk.fill();
  SECTION("for as long as it is asked for") {
    write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1, max_attempts: 10", .watch = "after: move"});
    make_tiny_clip(folder, "watch/a.mp4");
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    REQUIRE(
        wait_until([&] { return has(read_file(folder.path("err.txt")), "is not put away yet, again in 1.0 s: "); }));
    CHECK(daemon.job_of("a.mp4").at("state") == "publishing");
    disk.make_room();
    CHECK(daemon.wait_for("a.mp4", "done").at("moved_to") == folder.path("watch/done/a.mp4"));
    CHECK_FALSE(fs::exists(folder.path("watch/a.mp4")));
  }
  SECTION("and no longer") {
    write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1, max_attempts: 2", .watch = "after: move"});
    make_tiny_clip(folder, "watch/a.mp4");
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    const auto job = daemon.wait_for("a.mp4", "done");
    CHECK(job.at("moved_to") == "");
    CHECK(has(story_of(job), "done; the video is not put away: cannot copy " + folder.path("watch/a.mp4")));
    CHECK(fs::exists(folder.path("watch/a.mp4")));
  }
  check_results(folder, 1);
}

TEST_CASE("a full disk under the journal stops the daemon's work, not the daemon") {
  if (!may_mount())
    return;
  const temporary_folder folder;
  const small_disk disk{folder.path("state"), "size=16m"}; // four times as much as SQLite lets its log grow
  write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1, min_free_gib: 0", .watch = "rescan_s: 1"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  disk.fill();
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  for (int i = 0; i < 20; ++i)
    copy_with_tail(clip, folder.path("watch/" + std::to_string(i) + ".mp4"), std::to_string(i));
  std::this_thread::sleep_for(2s); // in which the daemon tries
  CHECK_FALSE(daemon.has_ended());
  CHECK(daemon.get("/v1/jobs"));
  CHECK(has(read_file(folder.path("err.txt")), "videos are taken in at the next rescan, not yet: "));
  disk.make_room();
  REQUIRE(daemon.wait_until_over(20));
  for (const auto& job : daemon.jobs())
    CHECK(job.at("state") == "done");
  check_results(folder, 20);
}
