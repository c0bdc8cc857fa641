/// Workers that die or hang under a running analysis.
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <csignal>
#include <set>

using namespace timeloom::tests;
using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string>;

words analyze(const temporary_folder& folder, const words& videos, const words& more) {
  words all{"analyze-video", "--out", folder.path("results"), "--format", "json", "--config", folder.path("c.yaml")};
  all.insert(all.end(), more.begin(), more.end());
  all.insert(all.end(), videos.begin(), videos.end());
  return all;
}

/// Sends `signal` to the media worker on `video` as soon as there is one; gives its process.
pid_t strike_worker_on(const program_run& run, const std::string& video, int signal, pid_t other_than = 0) {
  pid_t pid = 0;
  REQUIRE(wait_until([&] {
    pid = worker_on(run.pid(), video);
    return pid != 0 && pid != other_than;
  }));
  REQUIRE(::kill(pid, signal) == 0);
  return pid;
}

/// The same for the analysis worker, once its session began.
pid_t strike_analysis_worker(const program_run& run, int signal, pid_t other_than = 0) {
  pid_t struck = 0;
  REQUIRE(wait_until([&] {
    for (const pid_t pid : workers_of(run.pid(), "analysis"))
      if (pid != other_than && has_frame_ring(pid))
        struck = pid;
    return struck != 0;
  }));
  REQUIRE(::kill(struck, signal) == 0);
  return struck;
}

} // namespace

TEST_CASE("a media worker killed in mid-job is replaced, and the other video does not notice") {
  const temporary_folder folder;
  folder.write("c.yaml", "media: {workers: 2}\n");
  const auto victim = make_long_clip(folder, "victim.mp4");
  const auto other = make_clip(folder, "other.mp4", "testsrc2=size=320x180:rate=25", 4);
  program_run run{folder, analyze(folder, {victim, other}, {"--analyzers", "cut_analysis,color_analysis"})};
  strike_worker_on(run, victim, SIGKILL);
  const auto end = run.wait();
  INFO(end.err);
  CHECK(end.status == 0);
  const auto struck = timeline_at(folder.path("results/victim.timeline.json"));
  for (const char* id : {"cut_analysis", "color_analysis"}) {
    CHECK(report_of(struck, id).at("status") == "done");
    CHECK(report_of(struck, id).at("attempt") == 2);
    CHECK(report_of(struck, id).at("frames") > 0);
  }
  CHECK(struck.at("provenance").at("attempts") == 2);
  CHECK(timeline_at(folder.path("results/other.timeline.json")).at("provenance").at("attempts") == 1);
}

TEST_CASE("a video whose media worker dies on every attempt fails with the reason, the other one is done") {
  const temporary_folder folder;
  folder.write("c.yaml", "media: {workers: 2}\n");
  const auto victim = make_long_clip(folder, "victim.mp4");
  const auto other = make_clip(folder, "other.mp4", "testsrc2=size=320x180:rate=25", 4);
  for (const bool alone : {true, false}) {
    const auto videos = alone ? words{victim} : words{victim, other};
    program_run run{folder, analyze(folder, videos, {"--analyzers", "cut_analysis", "--quiet"})};
    const auto first = strike_worker_on(run, victim, SIGKILL);
    strike_worker_on(run, victim, SIGKILL, first);
    const auto end = run.wait();
    CHECK(end.status == (alone ? 4 : 3)); // 3: some results, not all that was asked for
    CHECK(end.err.find("the media worker was killed by signal 9 (Killed); attempt 2 of 2") != std::string::npos);
    CHECK(folder.names_in("results") == (alone ? words{} : words{"other.timeline.json"}));
  }
  CHECK(report_of(timeline_at(folder.path("results/other.timeline.json")), "cut_analysis").at("attempt") == 1);
}

TEST_CASE("after the death of an analysis worker only its analyzers run again") {
  const temporary_folder folder;
  folder.write("c.yaml", "analyzers: {text_overlay: {rate_hz: 2}}\n");
  const auto video = make_text_clip(folder, "text.mp4", 3);
  program_run run{folder, analyze(folder, {video}, {"--analyzers", "cut_analysis,text_overlay"})};
  strike_analysis_worker(run, SIGKILL);
  const auto end = run.wait();
  INFO(end.err);
  CHECK(end.status == 0);
  const auto made = timeline_at(folder.path("results/text.timeline.json"));
  CHECK(report_of(made, "cut_analysis").at("attempt") == 1);
  CHECK(report_of(made, "text_overlay").at("attempt") == 2);
  CHECK(report_of(made, "text_overlay").at("status") == "done");
  CHECK(made.at("events").dump().find("CHAPTER TWO") != std::string::npos);
}

TEST_CASE("an analysis worker that dies on every attempt fails its analyzers only") {
  const temporary_folder folder;
  folder.write("c.yaml", "analyzers: {text_overlay: {rate_hz: 2}}\n");
  const auto video = make_text_clip(folder, "text.mp4", 3);
  program_run run{folder, analyze(folder, {video}, {"--analyzers", "cut_analysis,text_overlay"})};
  const auto first = strike_analysis_worker(run, SIGKILL);
  strike_analysis_worker(run, SIGKILL, first);
  const auto end = run.wait();
  INFO(end.err);
  CHECK(end.status == 3);
  const auto made = timeline_at(folder.path("results/text.timeline.json"));
  CHECK(report_of(made, "cut_analysis").at("status") == "done");
  CHECK(report_of(made, "cut_analysis").at("attempt") == 1);
  CHECK(report_of(made, "text_overlay").at("status") == "failed");
  CHECK(report_of(made, "text_overlay").at("reason") ==
        "the analysis worker was killed by signal 9 (Killed); attempt 2 of 2");
}

TEST_CASE("a media worker that hangs is noticed, ended and replaced") {
  const temporary_folder folder;
  folder.write("c.yaml", "media: {stall_timeout_s: 2}\n");
  const auto video = make_long_clip(folder, "video.mp4");
  program_run run{folder, analyze(folder, {video}, {"--analyzers", "cut_analysis"})};
  const auto hung = strike_worker_on(run, video, SIGSTOP);
  const auto end = run.wait();
  CHECK(end.status == 0);
  CHECK_FALSE(is_alive(hung));
  CHECK(report_of(timeline_at(folder.path("results/video.timeline.json")), "cut_analysis").at("attempt") == 2);
  CHECK(end.err.find("showed no progress for 2 s") != std::string::npos);
}

TEST_CASE("an analysis worker that hangs is noticed, ended and replaced") {
  const temporary_folder folder;
  folder.write("c.yaml", "media: {stall_timeout_s: 4}\n");
  const auto video = make_text_clip(folder, "text.mp4", 1);
  program_run run{folder, analyze(folder, {video}, {"--analyzers", "text_overlay"})};
  const auto hung = strike_analysis_worker(run, SIGSTOP);
  const auto end = run.wait();
  CHECK(end.status == 0);
  CHECK_FALSE(is_alive(hung));
  CHECK(report_of(timeline_at(folder.path("results/text.timeline.json")), "text_overlay").at("attempt") == 2);
  CHECK(end.err.find("gave no answer for 4 s") != std::string::npos);
}

TEST_CASE("when the coordinator is killed its workers end and no result is left") {
  // A kill in the middle of a write may leave NAME.PID.tmp, which no reader takes for a result.
  const temporary_folder folder;
  folder.write("c.yaml", "analyzers: {text_overlay: {rate_hz: 10}}\n");
  const auto video = make_text_clip(folder, "text.mp4", 20);
  program_run run{folder, analyze(folder, {video}, {})};
  REQUIRE(wait_until([&] { return worker_on(run.pid(), video) != 0 && !workers_of(run.pid(), "analysis").empty(); }));
  auto workers = workers_of(run.pid(), "media");
  for (const pid_t pid : workers_of(run.pid(), "analysis"))
    workers.push_back(pid);
  REQUIRE(workers.size() >= 2);
  run.kill(SIGKILL);
  CHECK(run.wait().status == 128 + SIGKILL);
  for (const pid_t pid : workers)
    CHECK(wait_until([&] { return !is_alive(pid); }, 2s));
  CHECK(folder.names_in("results").empty());
}

TEST_CASE("an interrupt stops the workers and leaves no result") {
  const temporary_folder folder;
  folder.write("c.yaml", "analyzers: {text_overlay: {rate_hz: 10}}\n");
  const auto video = make_text_clip(folder, "text.mp4", 20);
  const auto waiting = make_clip(folder, "waiting.mp4", "testsrc2=size=320x180:rate=25", 1);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    program_run run{folder, analyze(folder, {video, waiting}, {})};
    REQUIRE(wait_until([&] { return worker_on(run.pid(), video) != 0; }));
    const auto workers = workers_of(run.pid(), "media");
    run.kill(signal);
    const auto end = run.wait();
    CHECK(end.status == 130);
    CHECK(end.err.find("timeloom: interrupted; the workers were stopped\n") != std::string::npos);
    for (const pid_t pid : workers)
      CHECK_FALSE(is_alive(pid));
    for (const auto& name : folder.names_in("results"))
      CHECK(name == "waiting.timeline.json"); // may have been through before
  }
}

TEST_CASE("an interrupt right at the start is heard") {
  const temporary_folder folder;
  folder.write("c.yaml", "media: {workers: 1}\n");
  const auto video = make_text_clip(folder, "text.mp4", 20);
  for (int round = 0; round < 10; ++round) {
    program_run run{folder, analyze(folder, {video}, {"--overwrite", "--analyzers", "cut_analysis"})};
    // Signals are blocked, and so waited for, before the results' folder is made.
    REQUIRE(wait_until([&] { return fs::exists(folder.path("results")); }));
    std::this_thread::sleep_for(round * 1ms);
    run.kill(SIGINT);
    const auto status = run.wait().status;
    CHECK((status == 130 || status == 0));
    fs::remove_all(folder.path("results"));
  }
}
