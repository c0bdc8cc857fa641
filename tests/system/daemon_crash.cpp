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
  if (job)
    for (const auto& path : {"/pause", "/resume", "", "/retry"}) {
      const auto whole = "/v1/jobs/" + job->at("id").dump() + path;
      *path == 0 ? daemon.del(whole) : daemon.post(whole);
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
  const std::vector<std::string> never{"journal.trim.before_commit", "journal.trim.after_commit"}; // once an hour
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
