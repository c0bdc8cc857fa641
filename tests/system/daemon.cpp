/// The running daemon: what people ask of it, its signals, and what it leaves.
#include "core/unique_fd.hpp"
#include "tests/catch.hpp"
#include "tests/system/running_daemon.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <set>
#include <sys/socket.h>
#include <sys/un.h>

using namespace timeloom::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// So one job runs at a time.
constexpr const char* one_worker = "media: {workers: 1}\n";

std::string path_of(const json& job, const std::string& action = {}) {
  return "/v1/jobs/" + job.at("id").dump() + action;
}

std::size_t descriptors_of(pid_t pid) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator{"/proc/" + std::to_string(pid) + "/fd"}, fs::directory_iterator{}));
}

/// Of timeloom.
std::set<std::string> shared_memory() {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator{"/dev/shm"})
    if (has(entry.path().filename(), "timeloom"))
      names.insert(entry.path().filename());
  return names;
}

} // namespace

TEST_CASE("a video that kills its worker each time is quarantined after its attempts, and runs again on request") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "max_attempts: 2, retry_delay_s: 1", .more = "media: {workers: 2}\n"});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto victim = folder.path("watch/victim.mp4");
  const auto once = make_clip(folder, "once.mp4", "testsrc2=size=1280x720:rate=25", 1);
  ffmpeg({"-stream_loop", "29", "-i", once, "-c", "copy", folder.path("long.mp4")}); // at the cost of a short one
  fs::rename(folder.path("long.mp4"), victim);
  make_tiny_clip(folder, "watch/innocent.mp4");
  json job;
  REQUIRE(wait_until(
      [&] {
        if (const pid_t worker = worker_on(daemon.pid(), victim); worker != 0)
          ::kill(worker, SIGKILL);
        job = daemon.job_of("victim.mp4");
        return !job.is_null() && job.at("state") == "quarantined";
      },
      40s));
  INFO(job.dump(1));
  CHECK(job.at("attempts") == 2);
  CHECK(has(job.at("reason"), "killed by signal 9"));
  CHECK(has(job.at("reason"), "(attempt 2 of 2)"));
  const auto story = job.at("story").dump();
  CHECK(has(story, "attempt 1 failed: "));
  CHECK(has(story, "the next in 1.0 s"));
  CHECK(daemon.wait_for("innocent.mp4", "done").at("attempts") == 0);
  check_results(folder, 1);
  const temporary_folder client;
  const auto retried = run_program(client, {"retry", "-c", folder.path("c.yaml"), job.at("id").dump()});
  CHECK(retried.status == 0);
  INFO(retried.err);
  CHECK(daemon.wait_for("victim.mp4", "done quarantined failed").at("state") == "done");
  check_results(folder, 2);
}

TEST_CASE("videos are put away into done/ and failed/, beside what is there already") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "after: move"});
  fs::create_directories(folder.path("watch/done"));
  fs::create_directories(folder.path("watch/deep/er"));
  folder.write("watch/done/a.mp4", "was there before");
  make_tiny_clip(folder, "watch/a.mp4", 1);
  make_tiny_clip(folder, "watch/deep/er/b.mp4", 2);
  folder.write("watch/c.mp4", "no video");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  REQUIRE(daemon.wait_until_over(3));
  CHECK(daemon.job_of("a.mp4").at("moved_to") == folder.path("watch/done/a (2).mp4"));
  CHECK(fs::exists(folder.path("watch/done/a (2).mp4")));
  CHECK(read_file(folder.path("watch/done/a.mp4")) == "was there before");
  CHECK(fs::exists(folder.path("watch/done/deep/er/b.mp4")));
  CHECK(fs::exists(folder.path("watch/failed/c.mp4")));
  CHECK(has(read_file(folder.path("err.txt")), "[warning] " + folder.path("watch/c.mp4") + ": failed: "));
  check_results(folder, 2);
  // What was put away can be asked for again, where it is.
  REQUIRE(daemon.post(path_of(daemon.job_of("a.mp4"), "/retry")));
  CHECK(daemon.wait_for("a.mp4", "done").at("moved_to") == folder.path("watch/done/a (2).mp4"));
  CHECK(daemon.jobs().size() == 3);
}

TEST_CASE("videos are not put away into a symbolic link, which is told at the start") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.watch = "after: move"});
  fs::create_directories(folder.path("elsewhere"));
  fs::create_directory_symlink(folder.path("elsewhere"), folder.path("watch/done"));
  running_daemon daemon{folder};
  REQUIRE(wait_until([&] { return has(read_file(folder.path("err.txt")), "only the page is up"); }));
  CHECK(has(read_file(folder.path("err.txt")),
            "watch.after is move: " + folder.path("watch/done") + " is a symbolic link, and videos are moved into"));
  fs::remove(folder.path("watch/done"));
  daemon.kill(SIGHUP);
  REQUIRE(daemon.wait_until_up());
}

TEST_CASE("jobs are cancelled, paused and resumed, queued and running") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.more = one_worker});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  held_worker worker{daemon, folder};
  make_tiny_clip(folder, "watch/a.mp4", 1);
  auto running = daemon.wait_for("a.mp4", "running");
  make_tiny_clip(folder, "watch/b.mp4", 2);
  const auto queued = daemon.wait_for("b.mp4", "queued");

  REQUIRE(daemon.post(path_of(queued, "/pause")));
  CHECK(daemon.wait_for("b.mp4", "paused").at("reason") == "paused on request");
  REQUIRE(daemon.post(path_of(running, "/pause")));
  CHECK(has(daemon.wait_for("a.mp4", "paused").at("story").dump(), "paused while it was analyzed"));
  REQUIRE(daemon.post(path_of(running, "/resume")));
  daemon.wait_for("a.mp4", "running");
  REQUIRE(daemon.del(path_of(running)));
  running = daemon.wait_for("a.mp4", "cancelled");
  CHECK(running.at("reason") == "cancelled while it was analyzed");
  CHECK(running.at("attempts") == 0);
  CHECK_FALSE(daemon.post(path_of(running, "/resume")));

  REQUIRE(daemon.del(path_of(queued)));
  CHECK(daemon.wait_for("b.mp4", "cancelled").at("reason") == "cancelled on request");
  worker.let_go();
  REQUIRE(daemon.post(path_of(queued, "/retry")));
  daemon.wait_for("b.mp4", "done");
  CHECK(wait_until([&] { return worker_on(daemon.pid(), folder.path("watch/a.mp4")) == 0; }));
  check_results(folder, 2); // and of the first
}

TEST_CASE("a paused queue lets what runs go on and starts nothing") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.more = one_worker});
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  held_worker worker{daemon, folder};
  make_tiny_clip(folder, "watch/a.mp4", 1);
  daemon.wait_for("a.mp4", "running");
  REQUIRE(daemon.post("/v1/queue/pause"));
  make_tiny_clip(folder, "watch/b.mp4", 2);
  daemon.wait_for("b.mp4", "queued");
  worker.let_go();
  daemon.wait_for("a.mp4", "done");
  CHECK(daemon.wait_for("b.mp4", "queued").at("story").size() == 1);
  const auto listing = daemon.get("/v1/jobs").value();
  CHECK(listing.at("paused") == true);
  CHECK(listing.at("held") == "paused");
  REQUIRE(daemon.post("/v1/queue/resume"));
  daemon.wait_for("b.mp4", "done");
}

TEST_CASE("a paused queue stays paused when the daemon ends, well or not") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  for (const int signal : {SIGTERM, SIGKILL}) {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    REQUIRE(daemon.post("/v1/queue/pause"));
    daemon.kill(signal);
    daemon.wait();
  }
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  make_tiny_clip(folder, "watch/a.mp4");
  daemon.wait_for("a.mp4", "queued");
  CHECK(daemon.get("/v1/jobs").value().at("held") == "paused");
  REQUIRE(daemon.post("/v1/queue/resume"));
  daemon.wait_for("a.mp4", "done");
  CHECK(daemon.get("/v1/jobs").value().at("held") == "");
}

TEST_CASE("nothing starts while memory is short") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "min_free_memory_gib: 100000"});
  make_tiny_clip(folder, "watch/a.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  daemon.wait_for("a.mp4", "queued");
  REQUIRE(wait_until([&] { return has(daemon.get("/v1/jobs").value().at("held"), " free in memory, "); }));
  CHECK(daemon.job_of("a.mp4").at("state") == "queued");
  write_daemon_configuration(folder);
  daemon.kill(SIGHUP);
  daemon.wait_for("a.mp4", "done");
}

TEST_CASE("a watched video that is submitted for other analyzers is analyzed for the watch too") {
  for (const std::string after : {"in_place", "move"}) {
    const temporary_folder folder;
    write_daemon_configuration(folder, {.watch = "after: " + after});
    make_tiny_clip(folder, "watch/a.mp4");
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    REQUIRE(daemon.post("/v1/queue/pause"));
    const json wish{{"path", folder.path("watch/a.mp4")}, {"analyzers", {"color_analysis", "cut_analysis"}}};
    const auto wished = daemon.post("/v1/jobs", wish);
    REQUIRE(wished);
    REQUIRE(wait_until([&] { return daemon.jobs().size() == 2; }));
    CHECK(daemon.post("/v1/jobs", wish).value().at("id") == wished->at("id"));
    REQUIRE(daemon.post("/v1/queue/resume"));
    REQUIRE(daemon.wait_until_over(2));
    for (const auto& job : daemon.jobs()) {
      INFO(job.dump(1));
      CHECK(job.at("state") == "done");
    }
    CHECK(fs::exists(folder.path(after == "move" ? "watch/done/a.mp4" : "watch/a.mp4")));
    check_results(folder, 2);
    const auto watched = timeline_at(folder.path("results/a.mp4.timeline.json"));
    const auto other = timeline_at(folder.path("results/a.mp4.cut_analysis+color_analysis.timeline.json"));
    CHECK(report_of(watched, "cut_analysis").at("status") == "done");
    CHECK(report_of(other, "color_analysis").at("status") == "done");
  }
}

TEST_CASE("an upload goes when its job has been over for long enough, and what a crash left goes at the next start") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "keep_uploads_h: 0"});
  const auto clip = read_file(make_tiny_clip(folder, "clip.mp4"));
  fs::create_directories(folder.path("state/uploads/cut"));
  folder.write("state/uploads/cut/.incoming", "half a video");
  std::this_thread::sleep_for(1100ms); // what is older than the daemon is told by the second
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  REQUIRE(wait_until([&] { return folder.names_in("state/uploads").empty(); }));
  REQUIRE(daemon.post("/v1/queue/pause"));
  const auto made = json::parse(daemon.upload("a.mp4", clip).body);
  const auto path = made.at("path").get<std::string>();
  CHECK(read_file(path) == clip);
  REQUIRE(daemon.post("/v1/queue/resume"));
  REQUIRE(daemon.wait_until_over(1));
  CHECK(wait_until([&] { return folder.names_in("state/uploads").empty(); }));
  CHECK(daemon.get(path_of(made)).value().at("state") == "done");
  check_results(folder, 1);
}

TEST_CASE("SIGTERM lets what runs end within drain_s, and the rest goes on at the next start") {
  const temporary_folder folder;
  const int drain = GENERATE(50, 0);
  write_daemon_configuration(folder, {.daemon = "drain_s: " + std::to_string(drain), .more = one_worker});
  {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    held_worker worker{daemon, folder};
    make_tiny_clip(folder, "watch/a.mp4", 1);
    daemon.wait_for("a.mp4", "running");
    make_tiny_clip(folder, "watch/b.mp4", 2);
    daemon.wait_for("b.mp4", "queued");
    daemon.kill(SIGTERM);
    if (drain > 0) {
      REQUIRE(wait_until([&] { return has(daemon.answer("/ready").body, "the daemon is ending"); }));
      worker.let_go();
    }
    CHECK(daemon.wait().status == 0);
    CHECK_FALSE(fs::exists(folder.path("state/journal.sqlite-wal"))); // it is all in one file
    CHECK(fs::exists(folder.path("results/a.mp4.timeline.json")) == (drain > 0));
    CHECK_FALSE(fs::exists(folder.path("results/b.mp4.timeline.json")));
    CHECK_FALSE(fs::exists(folder.path("state/daemon.json")));
  }
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto job = daemon.wait_for("a.mp4", "done");
  CHECK(job.at("attempts") == 0);
  CHECK(job.at("interruptions") == 0);
  CHECK(has(job.at("story").dump(), "the daemon ended while it was analyzed") == (drain == 0));
  daemon.wait_for("b.mp4", "done");
  CHECK(daemon.end().status == 0);
  check_results(folder, 3); // and of the first
}

TEST_CASE("the service manager hears when the daemon is up, that it is well, and when it ends") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  const timeloom::unique_fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  const auto path = folder.path("notify");
  REQUIRE(path.size() < sizeof address.sun_path);
  std::ranges::copy(path, address.sun_path);
  REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  std::string heard;
  const auto hears = [&](const std::string& words) {
    return wait_until([&] {
      std::array<char, 4096> piece{};
      const auto count = ::recv(socket.get(), piece.data(), piece.size(), MSG_DONTWAIT);
      heard.append(piece.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
      return has(heard, words);
    });
  };
  running_daemon daemon{folder, {"NOTIFY_SOCKET=" + path, "WATCHDOG_USEC=300000"}};
  CHECK(hears("READY=1\nSTATUS=running http://127.0.0.1:"));
  CHECK_FALSE(has(heard, "WATCHDOG=1"));
  CHECK(hears("WATCHDOG=1"));
  CHECK_FALSE(has(heard, "STOPPING=1"));
  daemon.kill(SIGTERM);
  CHECK(hears("STOPPING=1"));
  CHECK(daemon.wait().status == 0);
}

TEST_CASE("SIGHUP takes over what can change, tells what cannot, and leaves all as it is when a configuration is bad") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  const auto log = [&] { return read_file(folder.path("err.txt")); };
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  make_tiny_clip(folder, "watch/a.mp4");
  daemon.wait_for("a.mp4", "done");

  const auto good = read_file(folder.path("c.yaml"));
  folder.write("c.yaml", good + "daemon2: 1\n");
  daemon.kill(SIGHUP);
  REQUIRE(wait_until([&] { return has(log(), "the configuration stays as it was: "); }));
  CHECK(has(log(), "c.yaml:6: "));

  write_daemon_configuration(folder, {.http = "max_streams: 7", .output = "others"});
  daemon.kill(SIGHUP);
  REQUIRE(wait_until([&] { return has(log(), "http.max_streams has changed, which takes a restart of the daemon"); }));
  REQUIRE(wait_until([&] {
    static int number = 0; // until the new watch is there
    copy_with_tail(folder.path("watch/a.mp4"), folder.path("watch/b.mp4"), std::to_string(++number));
    std::this_thread::sleep_for(500ms);
    return fs::exists(folder.path("others/b.mp4.timeline.json"));
  }));
  CHECK(fs::exists(folder.path("results/a.mp4.timeline.json")));
  CHECK(daemon.job_of("a.mp4").at("state") == "done");
  CHECK(daemon.end().status == 0);
}

TEST_CASE("with a broken configuration the page is up and tells the line, until SIGHUP finds it mended") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  const auto good = read_file(folder.path("c.yaml"));
  folder.write("c.yaml", good + "media: {workers: many}\n");
  running_daemon daemon{folder};
  REQUIRE(wait_until([&] { return has(read_file(folder.path("err.txt")), "only the page is up"); }));
  const auto not_ready = daemon.answer("/ready");
  CHECK(not_ready.status == 503);
  CHECK(has(not_ready.body, "c.yaml:6: media.workers"));
  const auto page = daemon.answer("/");
  CHECK(page.status == 200);
  CHECK(has(page.headers.at("content-type"), "text/html"));
  const temporary_folder client;
  folder.write("client.yaml", good);
  CHECK(has(run_program(client, {"status", "-c", folder.path("client.yaml")}).err, "c.yaml:6: media.workers"));

  daemon.kill(SIGHUP); // not mended yet
  std::this_thread::sleep_for(100ms);
  CHECK_FALSE(daemon.has_ended());
  folder.write("c.yaml", good);
  make_tiny_clip(folder, "watch/a.mp4");
  daemon.kill(SIGHUP);
  daemon.wait_for("a.mp4", "done");
  CHECK(daemon.answer("/ready").status == 200);
  CHECK(daemon.end().status == 0);
}

TEST_CASE("a second daemon on the same state ends with a sentence, and the first does not notice") {
  const temporary_folder folder, second;
  write_daemon_configuration(folder);
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto found = read_file(folder.path("state/daemon.json"));
  const auto refused = run_program(second, {"daemon", "-c", folder.path("c.yaml")});
  INFO(refused.err);
  CHECK(refused.status == 4);
  CHECK(has(refused.err, "journal.sqlite"));
  CHECK(has(refused.err, "in use"));
  CHECK(read_file(folder.path("state/daemon.json")) == found);
  CHECK(daemon.get("/v1/jobs"));
}

TEST_CASE("promtool finds nothing to say about the metrics of a daemon, and each worker is told with what it did") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "watch/a.mp4");
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  daemon.wait_for("a.mp4", "done");
  const auto metrics = daemon.answer("/metrics").body;
  CHECK(has(metrics, "timeloom_jobs{state=\"done\"} 1\n"));
  folder.write("metrics.txt", metrics);
  run_tool({"sh", "-c",
            "promtool check metrics <'" + folder.path("metrics.txt") + "' >'" + folder.path("said.txt") + "' 2>&1"});
  CHECK(read_file(folder.path("said.txt")) == "");

  CHECK(has(metrics, "timeloom_worker_losses_total{worker=\"media worker 1\"} 0\n"));
  const std::string seconds = "timeloom_video_compute_seconds";
  CHECK(has(metrics, seconds + "_count{worker=\"media worker 1\",of=\"cut_analysis\"} 1\n"));
  const auto worker = daemon.get("/v1/workers").value().at("workers").at(0);
  CHECK(worker.at("name") == "media worker 1");
  CHECK(worker.at("kind") == "media");
  CHECK(worker.at("device") == "cpu");
  CHECK(worker.at("state") == "idle");
  CHECK(worker.at("restarts").is_number_integer());
  CHECK(worker.at("metrics").at(seconds + "{cut_analysis}").at("count") == 1);
}

TEST_CASE("a daemon holds no more after fifty videos than after five, and leaves nothing") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  const auto memory_before = shared_memory();
  std::vector<pid_t> all;
  {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    const auto drop = [&](int from, int to) {
      for (int i = from; i < to; ++i)
        copy_with_tail(clip, folder.path("watch/" + std::to_string(i) + ".mp4"), std::to_string(i));
      REQUIRE(daemon.wait_until_over(static_cast<std::size_t>(to)));
    };
    drop(0, 5);
    const auto descriptors = descriptors_of(daemon.pid());
    drop(5, 50);
    CHECK(wait_until([&] { return descriptors_of(daemon.pid()) <= descriptors + 2; }));
    all = processes_of(folder);
    CHECK(all.size() >= 2);
    CHECK(daemon.end().status == 0);
    CHECK(processes_of(folder).empty());
  }
  CHECK(shared_memory() == memory_before);
}
