/// A video that the daemon has analyzed before: only what is new on it runs.
#include "tests/catch.hpp"
#include "tests/system/running_daemon.hpp"

#include <csignal>
#include <fstream>
#include <set>

using namespace timeloom::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

using ids = std::set<std::string>;

const std::string four = "enabled: [cut_analysis, scene_segmentation, color_analysis, text_overlay]";

std::string job_path(const json& job, const std::string& rest = {}) {
  return "/v1/jobs/" + job.at("id").dump() + rest;
}

/// Waits until the job ends, as `state`.
void wait_for_end(running_daemon& daemon, const json& job, const std::string& state) {
  json now;
  wait_until([&] {
    now = daemon.get(job_path(job)).value();
    return now.at("state") == state;
  });
  INFO(now.dump(1));
  CHECK(now.at("state") == state);
}

json result_of(const temporary_folder& folder, const std::string& name) {
  return timeline_at(folder.path("results/" + name + ".timeline.json"));
}

/// The analyzers of a timeline that did not run for it.
ids taken(const json& made) {
  ids found;
  for (const auto& report : made.at("analyzers"))
    if (report.contains("taken_from"))
      found.insert(report.at("id").get<std::string>());
  return found;
}

/// What a timeline tells of its video: without when, where and how fast it was found.
json found_in(json made) {
  made.erase("provenance");
  for (const auto* member : {"name", "path"})
    made.at("media").erase(member);
  for (auto& report : made.at("analyzers"))
    for (const auto* member : {"seconds", "attempt", "taken_from"})
      report.erase(member);
  return made;
}

/// How many pictures the analyzer has looked at since the daemon started.
std::string pictures_seen(running_daemon& daemon, const std::string& analyzer) {
  const auto metrics = daemon.answer("/metrics").body;
  const auto of = metrics.find("of=\"" + analyzer + "\"} ", metrics.find("\ntimeloom_picture_compute_seconds_count{"));
  REQUIRE(of != std::string::npos);
  const auto value = metrics.find("} ", of) + 2;
  return metrics.substr(value, metrics.find('\n', value) - value);
}

/// Reads its configuration anew, and waits until it has.
void reload(running_daemon& daemon) {
  const auto before = daemon.get("/stats").value().at("analysis");
  daemon.kill(SIGHUP);
  REQUIRE(wait_until([&] {
    const auto stats = daemon.get("/stats");
    return stats && stats->at("analysis") != before;
  }));
}

/// Words over a picture that changes after two seconds.
std::string make_clip_with_words(const temporary_folder& folder, const std::string& name) {
  const auto half = [&](const std::string& part, const std::string& color) {
    return make_clip(folder, part,
                     "color=" + color +
                         ":size=640x360:rate=25,drawtext=fontfile=/usr/share/fonts/truetype/dejavu/"
                         "DejaVuSans-Bold.ttf:text='HARBOUR MASTER':fontsize=48:x=80:y=150:"
                         "fontcolor=white:box=1:boxcolor=black",
                     2);
  };
  folder.write("halves.txt", "file '" + half("half1.mp4", "darkred") + "'\nfile '" + half("half2.mp4", "navy") + "'\n");
  ffmpeg({"-f", "concat", "-safe", "0", "-i", folder.path("halves.txt"), "-c", "copy", folder.path(name)});
  return folder.path(name);
}

} // namespace

TEST_CASE("only the analyzer whose option changed runs on a content that was analyzed before") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.analyzers = four});
  make_clip_with_words(folder, "clip.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  fs::copy_file(folder.path("clip.mp4"), folder.path("watch/a.mp4"));
  const auto first = daemon.wait_for("a.mp4", "done");
  const auto before = result_of(folder, "a.mp4");
  CHECK(taken(before).empty());
  CHECK(before.at("scenes").size() == 2);
  const auto pictures = pictures_seen(daemon, "text_overlay");

  write_daemon_configuration(folder, {.analyzers = four + ", color_analysis: {colors: 2}"});
  reload(daemon);
  fs::copy_file(folder.path("clip.mp4"), folder.path("watch/b.mp4"));
  const auto second = daemon.wait_for("b.mp4", "done");
  const auto after = result_of(folder, "b.mp4");
  CHECK(second.at("result_of").is_null());
  CHECK(has(second.at("story").dump(), "an earlier result had: cut_analysis, scene_segmentation, text_overlay"));
  CHECK(taken(after) == ids{"cut_analysis", "scene_segmentation", "text_overlay"});
  for (const auto& id : taken(after)) {
    auto report = report_of(after, id);
    CHECK(report.at("taken_from").at("created") == before.at("provenance").at("created"));
    report.erase("taken_from");
    CHECK(report == report_of(before, id));
  }
  CHECK(pictures_seen(daemon, "text_overlay") == pictures);
  CHECK(daemon.answer(job_path(second, "/thumbnails/2")).body == daemon.answer(job_path(first, "/thumbnails/2")).body);

  // As if all of it had been found anew.
  const temporary_folder fresh;
  const auto run = run_program(fresh, {"analyze-video", folder.path("clip.mp4"), "--standalone", "--format", "json",
                                       "--config", folder.path("c.yaml"), "--out", fresh.path("out")});
  INFO(run.err);
  REQUIRE(run.status == 0);
  CHECK(found_in(after) == found_in(timeline_at(fresh.path("out/clip.timeline.json"))));
  CHECK(found_in(after) != found_in(before));

  // And now there is a whole result to copy, with its pictures.
  fs::copy_file(folder.path("clip.mp4"), folder.path("watch/c.mp4"));
  const auto third = daemon.wait_for("c.mp4", "done");
  CHECK(third.at("result_of") == second.at("id"));
  CHECK(daemon.answer(job_path(third, "/thumbnails/1")).body == daemon.answer(job_path(first, "/thumbnails/1")).body);
  check_results(folder, 3);
}

TEST_CASE("what is asked of a known video and all known is there without a media worker") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.analyzers = four});
  make_clip_with_words(folder, "watch/a.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto first = daemon.wait_for("a.mp4", "done");
  const auto before = result_of(folder, "a.mp4");
  const auto media = workers_of(daemon.pid(), "media");
  REQUIRE(media.size() == 1);
  ::kill(media[0], SIGSTOP);
  const auto again =
      daemon.post("/v1/jobs", {{"path", folder.path("watch/a.mp4")}, {"analyzers", {"cut_analysis", "text_overlay"}}});
  REQUIRE(again);
  CHECK(again->at("id") != first.at("id"));
  wait_for_end(daemon, *again, "done");
  ::kill(media[0], SIGCONT);
  const auto after = result_of(folder, "a.mp4.cut_analysis+text_overlay");
  CHECK(after.at("analyzers").size() == 2);
  CHECK(taken(after) == ids{"cut_analysis", "text_overlay"});
  CHECK(after.at("media") == before.at("media"));
  auto events = before.at("events");
  events.erase(std::remove_if(events.begin(), events.end(),
                              [](const auto& event) { return event.at("analyzer") == "color_analysis"; }),
               events.end());
  CHECK(after.at("events") == events);
}

TEST_CASE("a retry does a job that was done all over again, and of a partial one what is missing") {
  const temporary_folder folder;
  write_daemon_configuration(folder,
                             {.analyzers = "enabled: [cut_analysis], text_overlay: {languages: [eng, nowhere]}"});
  make_clip_with_words(folder, "watch/a.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto job = daemon.wait_for("a.mp4", "done");
  fs::copy_file(folder.path("watch/a.mp4"), folder.path("watch/b.mp4"));
  CHECK(daemon.wait_for("b.mp4", "done").at("result_of") == job.at("id"));
  const auto created = result_of(folder, "a.mp4").at("provenance").at("created");
  REQUIRE(wait_until([&] { // the timeline tells whole seconds
    return daemon.post(job_path(job, "/retry")) && daemon.wait_for("a.mp4", "done").at("result_of").is_null() &&
           result_of(folder, "a.mp4").at("provenance").at("created") != created;
  }));
  CHECK(taken(result_of(folder, "a.mp4")).empty());

  const auto wish =
      daemon.post("/v1/jobs", {{"path", folder.path("watch/a.mp4")}, {"analyzers", {"cut_analysis", "text_overlay"}}});
  REQUIRE(wish);
  const auto wished = [&] { return result_of(folder, "a.mp4.cut_analysis+text_overlay"); };
  wait_for_end(daemon, *wish, "partial");
  CHECK(report_of(wished(), "text_overlay").at("status") == "skipped");
  REQUIRE(daemon.post(job_path(*wish, "/retry")));
  wait_for_end(daemon, *wish, "partial");
  CHECK(taken(wished()) == ids{"cut_analysis"});

  write_daemon_configuration(folder, {.analyzers = "enabled: [cut_analysis], text_overlay: {languages: [eng]}"});
  reload(daemon);
  REQUIRE(daemon.post(job_path(*wish, "/retry")));
  wait_for_end(daemon, *wish, "done");
  CHECK(taken(wished()) == ids{"cut_analysis"});
  CHECK(report_of(wished(), "text_overlay").at("status") == "done");
}

TEST_CASE("an earlier result that is gone or changed is not built on, and the log says so") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.analyzers = "enabled: [cut_analysis, color_analysis]"});
  make_tiny_clip(folder, "watch/a.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  daemon.wait_for("a.mp4", "done");
  const auto path = folder.path("results/a.mp4.timeline.json");
  std::string said;
  SECTION("gone") {
    fs::remove(path);
    said = "a.mp4.timeline.json of job 1 cannot be read: No such file or directory";
  }
  SECTION("changed") {
    std::ofstream{path, std::ios::app} << "\n";
    said = "a.mp4.timeline.json is not as job 1 wrote it";
  }
  SECTION("changed, and another option") {
    std::ofstream{path, std::ios::app} << "\n";
    said = "a.mp4.timeline.json is not as job 1 wrote it";
    write_daemon_configuration(folder,
                               {.analyzers = "enabled: [cut_analysis, color_analysis], color_analysis: {colors: 2}"});
    reload(daemon);
  }
  fs::copy_file(folder.path("watch/a.mp4"), folder.path("watch/b.mp4"));
  const auto job = daemon.wait_for("b.mp4", "done");
  CHECK(job.at("result_of").is_null());
  CHECK(taken(result_of(folder, "b.mp4")).empty());
  const auto log = read_file(folder.path("err.txt"));
  CHECK(has(log, "watch/b.mp4: nothing is taken from the result of job 1: "));
  CHECK(has(log, said));
}

TEST_CASE("the same content gets the result of its own, not what has taken its place") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "one.mp4", 1);
  make_tiny_clip(folder, "two.mp4", 2);
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  fs::copy_file(folder.path("one.mp4"), folder.path("watch/a.mp4"));
  const auto first = daemon.wait_for("a.mp4", "done");
  fs::copy_file(folder.path("two.mp4"), folder.path("watch/b.part"));
  fs::rename(folder.path("watch/b.part"), folder.path("watch/a.mp4"));
  REQUIRE(wait_until([&] { return daemon.job_of("a.mp4").at("id") != first.at("id"); }));
  daemon.wait_for("a.mp4", "done");
  fs::copy_file(folder.path("one.mp4"), folder.path("watch/c.mp4"));
  const auto job = daemon.wait_for("c.mp4", "done");
  CHECK(job.at("sha256") == first.at("sha256"));
  CHECK(result_of(folder, "c.mp4").at("media").at("sha256") == first.at("sha256"));
}

#ifdef TIMELOOM_MAKE_TOY_MODEL
TEST_CASE("a model that was replaced runs after a restart, and nothing else does") {
  const temporary_folder folder;
  run_tool({TIMELOOM_MAKE_TOY_MODEL, folder.path("bright.pt"), "64"});
  folder.write("models.yaml", "models:\n"
                              "  - id: bright\n"
                              "    analyzer: object_detection\n"
                              "    path: bright.pt\n"
                              "    kind: torchscript\n"
                              "    adapter: yolov8_detect\n"
                              "    input: {width: 64, height: 64}\n"
                              "    labels: [light]\n");
  write_daemon_configuration(
      folder, {.more = "models: {device: cpu, manifest: " + json(folder.path("models.yaml")).dump() + "}\n",
               .analyzers = "enabled: [cut_analysis, object_detection]"});
  make_tiny_clip(folder, "watch/a.mp4");
  {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    daemon.wait_for("a.mp4", "done");
    CHECK(report_of(result_of(folder, "a.mp4"), "object_detection").at("status") == "done");
    run_tool({TIMELOOM_MAKE_TOY_MODEL, folder.path("bright.pt"), "64"}); // the same, but who knows?
    daemon.kill(SIGHUP);
    REQUIRE(wait_until([&] {
      return has(read_file(folder.path("err.txt")),
                 "the model of object_detection has changed, which takes a restart of the daemon");
    }));
    fs::copy_file(folder.path("watch/a.mp4"), folder.path("watch/b.mp4"));
    CHECK(daemon.wait_for("b.mp4", "done").at("result_of") == 1); // of the worker with the model that it has
    CHECK(daemon.end().status == 0);
  }
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  fs::copy_file(folder.path("watch/a.mp4"), folder.path("watch/c.mp4"));
  daemon.wait_for("c.mp4", "done");
  CHECK(taken(result_of(folder, "c.mp4")) == ids{"cut_analysis"});
  CHECK(report_of(result_of(folder, "c.mp4"), "object_detection").at("status") == "done");
}
#endif
