/// `timeloom analyze-video` beside a running daemon of the same user.
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <csignal>

using namespace timeloom::tests;

namespace {

/// The daemon and the commands that find it, with one configuration. Videos in videos/ are the daemon's to read.
class daemon_in {
public:
  explicit daemon_in(const temporary_folder& folder)
      : config_(folder.write("timeloom.yaml", "daemon: {state_dir: " + folder.path("state") +
                                                  "}\noutput: {dir: " + folder.path("of_daemon") +
                                                  "}\nhttp: {port: 0, roots: [" + folder.path("videos") +
                                                  "]}\nanalyzers: {enabled: [cut_analysis, scene_segmentation]}\n")),
        runs_(own_, {"daemon", "--config", config_}) {
    REQUIRE(wait_until([&] { return fs::exists(folder.path("state/daemon.json")); }));
  }

  ended run(std::vector<std::string> arguments) const {
    arguments.insert(arguments.end(), {"--config", config_});
    return run_program(asked_, arguments);
  }
  std::string jobs() const { return run({"status"}).out; }
  const std::string& config() const { return config_; }
  void kill(int signal) const { runs_.kill(signal); }

private:
  temporary_folder own_, asked_; // for what they print
  std::string config_;
  program_run runs_;
};

std::string video_in(const temporary_folder& folder, const std::string& name) {
  fs::create_directories(folder.path(fs::path{name}.parent_path()));
  return make_clip(folder, name, "testsrc2=size=320x180:rate=25", 2);
}

} // namespace

TEST_CASE("a daemon that would do the same analyzes the video, and the results are those of a call without it") {
  const temporary_folder folder;
  const auto video = video_in(folder, "videos/a.mp4");
  const daemon_in daemon{folder};
  const std::vector<std::string> words{"analyze-video", video, "--format", "json,csv,html"};
  auto warm = words, cold = words;
  warm.insert(warm.end(), {"--out", folder.path("warm")});
  cold.insert(cold.end(), {"--out", folder.path("cold"), "--standalone"});
  const auto handed = daemon.run(warm);
  INFO(handed.err);
  CHECK(handed.status == 0);
  CHECK(has(handed.err, "asking the daemon at http://127.0.0.1:"));
  CHECK(has(daemon.jobs(), "1 done"));
  CHECK(daemon.run(cold).status == 0);

  CHECK(folder.names_in("warm") == folder.names_in("cold"));
  CHECK(read_file(folder.path("warm/a.timeline.csv")) == read_file(folder.path("cold/a.timeline.csv")));
  const auto here = timeline_at(folder.path("cold/a.timeline.json")),
             there = timeline_at(folder.path("warm/a.timeline.json"));
  for (const auto* part : {"media", "scenes", "events"})
    CHECK(there[part] == here[part]);
  CHECK(has(read_file(folder.path("warm/a.timeline.html")), "data:image/jpeg;base64,") ==
        has(read_file(folder.path("cold/a.timeline.html")), "data:image/jpeg;base64,"));

  const auto again = daemon.run(warm);
  CHECK(again.status == 2);
  CHECK(has(again.err, "a.timeline.json exists; replace it with --overwrite"));
}

TEST_CASE("what the daemon may not read, or would analyze otherwise, is analyzed without it") {
  const temporary_folder folder;
  const auto video = video_in(folder, "elsewhere/a.mp4");
  const daemon_in daemon{folder};
  const auto outside = daemon.run({"analyze-video", video, "--out", folder.path("out")});
  CHECK(outside.status == 0);
  CHECK(has(outside.err, "a.mp4 is analyzed without the daemon: "));
  INFO(outside.err);
  CHECK(has(outside.err, "it lies in none of the folders"));
  const auto others =
      daemon.run({"analyze-video", video, "--out", folder.path("others"), "--analyzers", "color_analysis"});
  CHECK(others.status == 0);
  CHECK(has(others.err, "the daemon is not asked: its version, analyzers, options or models are not those"));
  CHECK(daemon.jobs() == "no jobs yet\n");
  CHECK(folder.names_in("out").size() == 2);
  CHECK(folder.names_in("others").size() == 2);
}

TEST_CASE("a daemon that is killed costs no result") {
  const temporary_folder folder;
  fs::create_directories(folder.path("videos"));
  const auto video = make_long_clip(folder, "videos/long.mp4");
  const daemon_in daemon{folder};
  program_run call{folder, {"analyze-video", video, "--out", folder.path("out"), "--config", daemon.config()}};
  REQUIRE(wait_until([&] { return has(daemon.jobs(), "1 running"); }));
  daemon.kill(SIGKILL);
  const auto over = call.wait();
  INFO(over.err);
  CHECK(over.status == 0);
  CHECK(has(over.err, "long.mp4 is analyzed without the daemon: "));
  CHECK(folder.names_in("out").size() == 2);
}

TEST_CASE("an interrupted call takes its job back from the daemon") {
  const temporary_folder folder;
  fs::create_directories(folder.path("videos"));
  const auto video = make_long_clip(folder, "videos/long.mp4");
  const daemon_in daemon{folder};
  program_run call{folder, {"analyze-video", video, "--out", folder.path("out"), "--config", daemon.config()}};
  REQUIRE(wait_until([&] { return has(daemon.jobs(), "1 running"); }));
  call.kill(SIGINT);
  CHECK(call.wait().status == 130);
  CHECK(wait_until([&] { return has(daemon.jobs(), "1 cancelled"); }));
  CHECK(folder.names_in("out").empty());
}
