#include "serving/admission.hpp"

#include "tests/catch.hpp"

#include <algorithm>
#include <vector>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

constexpr wall_time noon{12h};
constexpr std::int64_t gib = 1 << 30;
constexpr host_room roomy{.running = 0, .free_bytes = 1'000'000'000'000, .free_memory_bytes = 64'000'000'000};

job_entry waits(job_id id, job_lane lane, std::chrono::milliseconds for_long) {
  return {.id = id, .lane = lane, .created = noon - for_long, .changed = noon - for_long};
}

} // namespace

TEST_CASE("interactive jobs go before the batch, and older ones before newer") {
  const std::vector jobs{waits(3, job_lane::batch, 9min), waits(5, job_lane::interactive, 1min),
                         waits(4, job_lane::interactive, 2min), waits(1, job_lane::batch, 9min)};
  CHECK(choose_job(jobs, roomy, {}, noon).start == 4);
  CHECK(choose_job(std::vector{jobs[0], jobs[3]}, roomy, {}, noon).start == 1);
}

TEST_CASE("a batch job that waited long enough goes before newer interactive ones, not before older") {
  const std::vector jobs{waits(2, job_lane::interactive, 20min), waits(3, job_lane::batch, 10min),
                         waits(4, job_lane::interactive, 1min)};
  CHECK(choose_job(jobs, roomy, {}, noon).start == 2);
  CHECK(choose_job(std::vector{jobs[1], jobs[2]}, roomy, {}, noon).start == 3);
  CHECK(choose_job(std::vector{jobs[1], jobs[2]}, roomy, {}, noon - 1ms).start == 4);
}

TEST_CASE("no batch job starves under a steady stream of interactive ones") {
  const admission_limits limits{.ageing = 10min};
  std::vector<job_entry> waiting;
  job_id last = 0;
  for (int i = 0; i < 20; ++i)
    waiting.push_back({.id = ++last, .lane = job_lane::batch, .created = noon, .changed = noon});

  // Each minute there is room for one job, and an interactive one comes.
  std::vector<wall_time> batch_starts;
  for (wall_time now = noon; now < noon + 2h; now += 1min) {
    waiting.push_back({.id = ++last, .lane = job_lane::interactive, .created = now, .changed = now});
    const auto started = choose_job(waiting, roomy, limits, now).start;
    REQUIRE(started);
    const auto job = std::ranges::find(waiting, *started, &job_entry::id);
    REQUIRE(job != waiting.end());
    if (job->lane == job_lane::batch)
      batch_starts.push_back(now);
    waiting.erase(job);
  }
  REQUIRE(batch_starts.size() == 20);
  CHECK(batch_starts.front() == noon + 10min);
  CHECK(batch_starts.back() == noon + 29min);
}

TEST_CASE("nothing starts beyond the limits, and a sentence says which") {
  const std::vector jobs{waits(1, job_lane::interactive, 1min)};
  const admission_limits limits{.running_jobs = 2, .least_free_bytes = 2 * gib, .least_free_memory_bytes = gib / 2};
  constexpr std::int64_t much = 1000 * gib;
  const auto held = [&](const host_room& room) {
    const auto choice = choose_job(jobs, room, limits, noon);
    CHECK_FALSE(choice.start);
    return choice.held;
  };
  CHECK(held({2, much, much}) == "waits: 2 jobs are running, no more at a time");
  CHECK(held({0, 5 * gib / 4, much}) == "waits: 1.2 GiB free on the disk of the results, 2.0 GiB wanted");
  CHECK(held({0, 2 * gib - 1, much}) == "waits: 1.9 GiB free on the disk of the results, 2.0 GiB wanted");
  CHECK(held({0, 2 * gib, 999}) == "waits: 999 B free in memory, 512.0 MiB wanted");

  const auto exactly = choose_job(jobs, {1, 2 * gib, gib / 2}, limits, noon);
  CHECK(exactly.start == 1);
  CHECK(exactly.held.empty());
}

TEST_CASE("suspects go first, each when nothing else runs, and nothing starts beside one") {
  std::vector jobs{waits(1, job_lane::interactive, 1min), waits(2, job_lane::batch, 1min),
                   waits(3, job_lane::batch, 1min)};
  jobs[1].suspect = jobs[2].suspect = true;
  const admission_limits limits{.running_jobs = 4};
  auto room = roomy;
  CHECK(choose_job(jobs, room, limits, noon).start == 2);
  jobs[1].interruptions = 1;
  CHECK(choose_job(jobs, room, limits, noon).start == 3);
  jobs[1].interruptions = 0;
  room.running = 1;
  CHECK(choose_job(jobs, room, limits, noon).held ==
        "waits: job 2 was running when the daemon died, so it runs alone, and next");
  room.suspect_runs = true;
  for (const auto& waiting : {jobs, std::vector{jobs[0]}}) {
    const auto choice = choose_job(waiting, room, limits, noon);
    CHECK_FALSE(choice.start);
    CHECK(choice.held == "waits: the job that runs was running when the daemon died, so it runs alone");
  }
}

TEST_CASE("where nothing waits nothing is held") {
  const auto choice = choose_job({}, {.running = 99}, {}, noon);
  CHECK_FALSE(choice.start);
  CHECK(choice.held.empty());
}

TEST_CASE("the delay before the next attempt doubles up to an hour") {
  CHECK(retry_delay(30s, 1) == 30s);
  CHECK(retry_delay(30s, 2) == 1min);
  CHECK(retry_delay(30s, 7) == 32min);
  CHECK(retry_delay(30s, 8) == 1h);
  CHECK(retry_delay(30s, 2'000'000'000) == 1h);
  CHECK(retry_delay(2h, 1) == 1h);
  CHECK(retry_delay(0s, 5) == 0s);
}
