#include "serving/job_json.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

namespace {

job_entry some_job() {
  return {.id = 7,
          .path = "/in/a.mp4",
          .lane = job_lane::interactive,
          .state = job_state::running,
          .reason = "because",
          .analyzers = {"cut_analysis"},
          .attempts = 1,
          .interruptions = 2,
          .created = wall_time{std::chrono::milliseconds{1'795'251'685'123}},
          .changed = wall_time{std::chrono::milliseconds{1'795'251'686'000}},
          .content_sha256 = "ab",
          .formats = {"json"},
          .result_of = 3,
          .moved_to = "/done/a.mp4"};
}

} // namespace

TEST_CASE("a job comes back from its JSON") {
  auto json = to_json(some_job(), running_progress{2, 30, 1.5, 60});
  json["story"] = to_json(std::vector<job_step>{{some_job().created, "seen"}});
  const auto back = job_from_json(json_line(json));
  REQUIRE(back);
  CHECK(back->entry == some_job());
  REQUIRE(back->progress);
  CHECK(back->progress->frames == 30);
  REQUIRE(back->story.size() == 1);
  CHECK(back->story[0].what == "seen");
  CHECK(back->story[0].at == some_job().created);
}

TEST_CASE("a job is named by its file, and bytes that are no UTF-8 are replaced") {
  auto job = some_job();
  job.path = "/in/\xff\n.mp4";
  const auto text = state_text(job, std::nullopt);
  CHECK(text.find('\n') == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  CHECK(json["name"] == "\xEF\xBF\xBD\n.mp4");
  CHECK(json["progress"].is_null());
  CHECK(json["not_before"].is_null());
}

TEST_CASE("times are RFC 3339 and come back") {
  const wall_time time{std::chrono::milliseconds{1'795'251'685'123}};
  CHECK(rfc3339(time) == "2026-11-21T09:01:25.123Z");
  CHECK(wall_time_from_rfc3339(rfc3339(time)) == time);
  CHECK(rfc3339(wall_time{}) == "1970-01-01T00:00:00.000Z");
  for (const auto* text : {"", "2026-11-21", "2026-13-21T09:01:25.123Z", "2026-02-30T09:01:25.123Z",
                           "2026-11-21T24:01:25.123Z", "2026-11-21T09:01:25.123+", "2026-11-21 09:01:25.123Z"})
    CHECK_FALSE(wall_time_from_rfc3339(text));
}

TEST_CASE("a listing says what comes next only when there may be more") {
  job_listing listing{.jobs = {some_job()}, .counts = {{job_state::running, 1}}, .paused = true, .held = "no room"};
  listing.progress[7] = {1, 5, 0.5, 10};
  const auto full = listing_from_json(json_line(to_json(listing, 1)));
  REQUIRE(full);
  CHECK(full->next == 7);
  CHECK(full->paused);
  CHECK(full->held == "no room");
  CHECK(full->counts.at(job_state::running) == 1);
  CHECK(full->counts.at(job_state::done) == 0);
  REQUIRE(full->jobs.size() == 1);
  CHECK(full->jobs[0].progress->frames == 5);
  CHECK_FALSE(listing_from_json(json_line(to_json(listing, 2)))->next);
}

TEST_CASE("what is no job is an error and not a crash") {
  for (const auto* text : {"", "[]", "{}", "null", R"({"id":"x"})", R"({"id":1,"path":"a","lane":"x"})"}) {
    CHECK(job_from_json(text).error().code == errc::protocol);
    CHECK(listing_from_json(text).error().code == errc::protocol);
  }
}

TEST_CASE("a submission comes back, and unknown members are refused") {
  const submission wanted{"/in/a.mp4", job_lane::batch, {"cut_analysis"}};
  const auto back = submission_from_json(to_json_text(wanted));
  REQUIRE(back);
  CHECK(back->path == wanted.path);
  CHECK(back->lane == wanted.lane);
  CHECK(back->analyzers == wanted.analyzers);
  CHECK(submission_from_json(R"({"path":"/a","lane":"fast"})").error().message ==
        R"(the body is not as it should be: there is no lane "fast"; known are interactive and batch)");
  CHECK(submission_from_json(R"({"path":"/a"})")->lane == job_lane::interactive);
  for (const auto* text :
       {"", "{}", R"({"path":1})", R"({"path":"/a","lane":"fast"})", R"({"path":"/a","lain":"batch"})",
        R"({"path":"/a","analyzers":"x"})", R"({"path":"/a","analyzers":[1]})"})
    CHECK(submission_from_json(text).error().code == errc::invalid_argument);
}

} // namespace timeloom
