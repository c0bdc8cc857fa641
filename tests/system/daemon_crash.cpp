/// The daemon and its workers, killed at every step and at any moment: no video is lost, none is published twice.
#include "serving/fail_point.hpp"
#include "tests/catch.hpp"
#include "tests/system/running_daemon.hpp"

#include <csignal>
#include <fstream>
#include <random>

using namespace timeloom::tests;
using namespace std::chrono_literals;
using nlohmann::json;

namespace {

/// Everything that a daemon does, asked for in such an order that a second time does no harm. False when it is gone.
bool live(running_daemon& daemon, const temporary_folder& folder) {
  if (!daemon.wait_until_up() || !daemon.post("/v1/queue/pause"))
    return false;
  const auto job = daemon.post("/v1/jobs", {{"path", folder.path("watch/wished.mp4")}});
  if (job) {
    const auto at = "/v1/jobs/" + job->at("id").dump();
    daemon.post(at + "/pause");
    daemon.post(at + "/resume");
    daemon.del(at);
    REQUIRE(wait_until([&] { // it may have run already, and ends then a little later
      const auto now = daemon.get(at);
      return daemon.has_ended() || (now && now->at("state") != "running" && now->at("state") != "publishing");
    }));
    daemon.post(at + "/retry");
  }
  daemon.post("/v1/jobs", {{"path", folder.path("broken.mp4")}}); // that nobody puts away
  if (!daemon.post("/v1/queue/resume"))
    return false;
  if (fs::is_regular_file(folder.path("results/below"))) {
    REQUIRE(wait_until([&] {
      const auto late = daemon.job_of("below/late.mp4");
      return daemon.has_ended() || (!late.is_null() && has(late.at("reason"), "cannot create the folder"));
    }));
    if (!daemon.has_ended())
      fs::remove(folder.path("results/below"));
  }
  return wait_until([&] { return daemon.has_ended() || daemon.wait_until_over(6, 0s); }) && !daemon.has_ended();
}

} // namespace

TEST_CASE("a daemon killed at any step of a video's way loses nothing and does nothing twice") {
  const temporary_folder clips;
  const auto clip = make_tiny_clip(clips, "clip.mp4");
  // Once an hour, and when somebody has changed a result.
  const std::vector<std::string> never{"journal.trim.before_commit", "journal.trim.after_commit",
                                       "journal.forget_written.before_commit", "journal.forget_written.after_commit"};
  for (const auto point : timeloom::fail_points) {
    if (std::find(never.begin(), never.end(), point) != never.end())
      continue;
    INFO(point);
    const temporary_folder folder;
    write_daemon_configuration(
        folder,
        {.daemon = "retry_delay_s: 1", .watch = "after: move", .http = "roots: [" + json(folder.path()).dump() + "]"});
    fs::create_directories(folder.path("watch/below"));
    if (point.starts_with("journal.retry_later"))
      folder.write("results/below", "in the way of a folder");
    folder.write("broken.mp4", "this is no video");
    folder.write("watch/broken.mp4", "this is no video");
    copy_with_tail(clip, folder.path("watch/wished.mp4"), "wished");
    copy_with_tail(clip, folder.path("watch/one.mp4"), "twice");
    copy_with_tail(clip, folder.path("watch/two.mp4"), "twice");
    copy_with_tail(clip, folder.path("watch/below/late.mp4"), "later");
    {
      running_daemon killed{folder, {"TIMELOOM_FAIL_POINT=" + std::string{point}}};
      const bool survived = live(killed, folder);
      CHECK_FALSE(survived);
      CHECK(killed.wait().status == 128 + SIGKILL);
    }
    running_daemon daemon{folder};
    REQUIRE(live(daemon, folder));
    const auto jobs = daemon.jobs();
    CHECK(jobs.size() == 6);
    std::map<std::string, std::string> states;
    for (const auto& job : jobs) {
      INFO(job.dump(1));
      const auto path = job.at("path").get<std::string>(), moved = job.at("moved_to").get<std::string>();
      states[path.substr(folder.path().size() + 1)] = job.at("state");
      if (path == folder.path("broken.mp4"))
        continue;
      CHECK(fs::exists(moved));
      CHECK_FALSE(fs::exists(path));
    }
    const std::map<std::string, std::string> wanted{{"broken.mp4", "failed"},     {"watch/broken.mp4", "failed"},
                                                    {"watch/wished.mp4", "done"}, {"watch/one.mp4", "done"},
                                                    {"watch/two.mp4", "done"},    {"watch/below/late.mp4", "done"}};
    CHECK(states == wanted);
    check_results(folder, 4);
    CHECK(folder.names_in("watch/done") == std::vector<std::string>{"below", "one.mp4", "two.mp4", "wished.mp4"});
    CHECK(folder.names_in("watch/failed") == std::vector<std::string>{"broken.mp4"});
    CHECK(daemon.end().status == 0);
  }
}

TEST_CASE("what was staged goes when the daemon was killed and the video is gone") {
  const temporary_folder folder;
  write_daemon_configuration(folder);
  make_tiny_clip(folder, "watch/a.mp4");
  {
    running_daemon killed{folder, {"TIMELOOM_FAIL_POINT=publication.staged"}};
    killed.wait();
    REQUIRE(folder.names_in("results").size() == 2);
  }
  const auto one_format =
      "output: {formats: [json], " + read_file(folder.path("c.yaml")).substr(std::size("output: {") - 1);
  folder.write("c.yaml", one_format);
  fs::remove(folder.path("watch/a.mp4"));
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  const auto job = daemon.wait_for("a.mp4", "failed");
  CHECK(has(job.at("reason"), "No such file"));
  CHECK(job.at("interruptions") == 1);
  check_results(folder, 0);
}

TEST_CASE("a video under which the daemon dies each time is quarantined, and nothing else waits for it") {
  for (const std::string after : {"in_place", "move"}) {
    const temporary_folder folder;
    write_daemon_configuration(folder, {.watch = "after: " + after});
    make_tiny_clip(folder, "watch/a.mp4");
    for (int i = 0; i < 10; ++i) {
      running_daemon killed{folder, {"TIMELOOM_FAIL_POINT=journal.publish.before_commit"}};
      CHECK(killed.wait().status == 128 + SIGKILL);
    }
    make_tiny_clip(folder, "watch/b.mp4", 3);
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    const auto job = daemon.wait_for("a.mp4", "quarantined");
    CHECK(job.at("reason") == "the daemon ended 10 times while nothing else was analyzed");
    CHECK(fs::exists(folder.path(after == "move" ? "watch/failed/a.mp4" : "watch/a.mp4")));
    daemon.wait_for("b.mp4", "done");
    check_results(folder, 1);
    const temporary_folder client;
    CHECK(run_program(client, {"retry", "-c", folder.path("c.yaml"), "1"}).status == 0);
    daemon.wait_for("a.mp4", "done");
    check_results(folder, 2);
  }
}

TEST_CASE("a video under which the daemon dies is found among those that ran beside it, and they lose nothing") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "running_jobs: 3"});
  const auto clip = make_clip(folder, "clip.mp4", "testsrc2=size=1280x720:rate=25", 10);
  const std::vector<std::string> innocent{"a.mp4", "b.mp4"};
  copy_with_tail(clip, folder.path("watch/a.mp4"), "a"); // of different sizes: others wait for each other
  copy_with_tail(clip, folder.path("watch/b.mp4"), "bb");
  copy_with_tail(clip, folder.path("watch/poison.mp4"), "ccc");
  const auto is_running = [](running_daemon& daemon, const std::string& name) {
    const auto job = daemon.job_of(name);
    return !job.is_null() && job.at("state") == "running";
  };
  {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    REQUIRE(wait_until([&] {
      return is_running(daemon, "a.mp4") && is_running(daemon, "b.mp4") && is_running(daemon, "poison.mp4");
    }));
    daemon.kill(SIGKILL);
    daemon.wait();
  }
  int deaths = 0;
  for (bool caught = false; !caught;) {
    running_daemon daemon{folder};
    REQUIRE(daemon.wait_until_up());
    REQUIRE(wait_until([&] { return is_running(daemon, "poison.mp4") || daemon.wait_until_over(3, 0s); }, 100s));
    caught = !is_running(daemon, "poison.mp4");
    if (!caught) {
      for (const auto& name : innocent)
        CHECK_FALSE(is_running(daemon, name));
      daemon.kill(SIGKILL);
      daemon.wait();
      REQUIRE(++deaths <= 10);
      continue;
    }
    CHECK(daemon.job_of("poison.mp4").at("state") == "quarantined");
    for (const auto& name : innocent) {
      CHECK(daemon.job_of(name).at("state") == "done");
      CHECK(daemon.job_of(name).at("interruptions") == 0);
    }
  }
  CHECK(deaths == 10);
  check_results(folder, 2);
}

TEST_CASE("a daemon and its workers killed at random moments under load lose nothing") {
  const temporary_folder folder;
  write_daemon_configuration(folder, {.daemon = "retry_delay_s: 1"});
  const auto clip = make_tiny_clip(folder, "clip.mp4");
  for (int i = 0; i < 30; ++i)
    copy_with_tail(clip, folder.path("watch/" + std::to_string(i) + ".mp4"), std::to_string(i));
  std::mt19937 random{5};
  for (int i = 0; i < 4; ++i) {
    running_daemon killed{folder};
    REQUIRE(killed.wait_until_up());
    for (int j = 0; j < 2; ++j) {
      std::this_thread::sleep_for(std::chrono::milliseconds{random() % 150});
      for (const pid_t worker : workers_of(killed.pid(), "media"))
        ::kill(worker, SIGKILL);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds{random() % 150});
    killed.kill(SIGKILL);
    killed.wait();
  }
  running_daemon daemon{folder};
  REQUIRE(daemon.wait_until_up());
  REQUIRE(daemon.wait_until_over(30));
  CHECK(daemon.jobs().size() == 30);
  for (const auto& job : daemon.jobs()) {
    INFO(job.dump(1));
    CHECK(job.at("state") == "done");
  }
  check_results(folder, 30);
}
