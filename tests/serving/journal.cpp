#include "serving/journal.hpp"

#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <functional>

using namespace timeloom;
using namespace std::chrono_literals;
using tests::temporary_folder;

namespace {

constexpr wall_time noon{12h};
const job_ending good{.state = job_state::done,
                      .content_sha256 = std::string(64, 'a'),
                      .result_key = "key",
                      .result = "/out/a.mp4",
                      .formats = {"json", "vtt"}};

struct opened_journal {
  temporary_folder folder{"/dev/shm"};
  journal file = journal::open(folder.at("journal.db")).value();

  job_entry add(const new_job& seen, wall_time now = noon) {
    auto entries = file.add({seen}, now);
    REQUIRE(entries);
    REQUIRE(entries->size() == 1);
    return entries->front();
  }
  job_entry get(job_id id) { return file.job(id).value(); }
  std::vector<std::string> story(job_id id) {
    std::vector<std::string> lines;
    const auto steps = file.story(id).value();
    for (const auto& step : steps)
      lines.push_back(step.what);
    return lines;
  }
  void finish(job_id id, const job_ending& ending = good, const std::string& moved_to = {}) {
    REQUIRE(file.start(id, noon));
    REQUIRE(file.publish(id, ending, noon));
    REQUIRE(file.settle(id, moved_to, noon));
  }
  // A job of a path of its own that was taken into `state`.
  job_id in(job_state state) {
    const job_id id = add({.path = "/in/" + std::to_string(++made), .version = {made, 2, 3}}).id;
    if (state == job_state::paused)
      REQUIRE(file.pause(id, noon));
    if (state == job_state::cancelled)
      REQUIRE(file.cancel(id, noon));
    if (state == job_state::running || state == job_state::publishing)
      REQUIRE(file.start(id, noon));
    if (state == job_state::publishing)
      REQUIRE(file.publish(id, good, noon));
    if (state == job_state::done || state == job_state::partial)
      finish(id, {.state = state, .result = "/out/x"});
    if (state == job_state::failed || state == job_state::quarantined)
      REQUIRE(file.end(id, state, "broken", noon));
    REQUIRE(get(id).state == state);
    return id;
  }
  int made = 0;
};

std::vector<job_id> ids(const std::vector<job_entry>& jobs) {
  std::vector<job_id> found;
  for (const auto& job : jobs)
    found.push_back(job.id);
  return found;
}

constexpr std::array all_states{job_state::queued,     job_state::paused,      job_state::running,
                                job_state::publishing, job_state::done,        job_state::partial,
                                job_state::failed,     job_state::quarantined, job_state::cancelled};

} // namespace

TEST_CASE("a job is found again with everything that was said of it") {
  opened_journal made;
  const new_job seen{.path = "/in/line\nbreak\xff.mp4",
                     .version = {123, 456, 0xffff'ffff'ffff'fff0},
                     .lane = job_lane::interactive,
                     .analyzers = {"cut_analysis", "a,\"b\""}};
  const auto added = made.add(seen);
  CHECK(added == job_entry{.id = 1,
                           .path = seen.path,
                           .version = seen.version,
                           .lane = seen.lane,
                           .analyzers = seen.analyzers,
                           .created = noon,
                           .changed = noon,
                           .not_before = noon});
  CHECK(made.get(1) == added);
  CHECK(made.file.jobs_of(seen.path).value() == std::vector{added});
  CHECK(made.file.jobs_of("/in/other").value().empty());
  CHECK(made.story(1) == std::vector<std::string>{"queued: 123 bytes, interactive"});
}

TEST_CASE("a job goes from queued over running and publishing to its end") {
  opened_journal made;
  const job_id id = made.add({.path = "/in/a.mp4", .version = {10, 1, 1}}).id;
  REQUIRE(made.file.start(id, noon + 1s));
  CHECK(made.get(id).state == job_state::running);
  CHECK(made.get(id).changed == noon + 1s);

  REQUIRE(made.file.publish(
      id,
      {.state = job_state::partial, .reason = "no sound", .result_key = "k", .result = "/out/a", .formats = {"json"}},
      noon + 2s));
  CHECK(made.get(id).state == job_state::publishing);
  CHECK(made.file.result_with_key("k").value() == made.get(id));

  REQUIRE(made.file.settle(id, "/in/done/a.mp4", noon + 3s));
  const auto job = made.get(id);
  CHECK(job.state == job_state::partial);
  CHECK(job.reason == "no sound");
  CHECK(job.result == "/out/a");
  CHECK(job.formats == std::vector<std::string>{"json"});
  CHECK(job.moved_to == "/in/done/a.mp4");
  CHECK(job.attempts == 0);
  CHECK(made.file.result_with_key("k").value() == job);
  CHECK(made.story(id) == std::vector<std::string>{"queued: 10 bytes, batch", "attempt 1 started", "analyzed",
                                                   "partial: no sound; the video is now /in/done/a.mp4"});
  CHECK(made.file.story(id)->back().at == noon + 3s);
}

TEST_CASE("each change starts from its own states only, and what is refused changes nothing") {
  opened_journal made;
  struct rule {
    const char* name;
    std::vector<job_state> from;
    std::function<expected<void>(journal&, job_id)> change;
  };
  using enum job_state;
  const std::vector<rule> rules{
      {"start", {queued}, [](journal& file, job_id id) { return file.start(id, noon); }},
      {"publish", {queued, running}, [](journal& file, job_id id) { return file.publish(id, good, noon); }},
      {"settle", {publishing}, [](journal& file, job_id id) { return file.settle(id, "", noon); }},
      {"end", {queued, running}, [](journal& file, job_id id) { return file.end(id, failed, "why", noon); }},
      {"retry_later",
       {running, publishing},
       [](journal& file, job_id id) { return file.retry_later(id, "w", true, noon, noon); }},
      {"cancel", {queued, paused}, [](journal& file, job_id id) { return file.cancel(id, noon); }},
      {"pause", {queued}, [](journal& file, job_id id) { return file.pause(id, noon); }},
      {"resume", {paused}, [](journal& file, job_id id) { return file.resume(id, noon); }},
      {"retry",
       {done, partial, failed, quarantined, cancelled},
       [](journal& file, job_id id) { return file.retry(id, noon); }},
  };
  for (const auto& [name, from, change] : rules) {
    for (const auto state : all_states) {
      const job_id id = made.in(state);
      const auto before = made.get(id);
      const auto lines = made.story(id).size();
      const auto changed = change(made.file, id);
      INFO(name << " of a job that is " << to_string(state));
      if (std::ranges::find(from, state) != from.end()) {
        CHECK(changed);
        CHECK(made.get(id).state != state);
        CHECK(made.story(id).size() == lines + 1);
      } else {
        REQUIRE_FALSE(changed);
        CHECK(changed.error().code == errc::invalid_argument);
        CHECK(changed.error().message.starts_with(fmt::format("job {} is {} and cannot be ", id, to_string(state))));
        CHECK(made.get(id) == before);
        CHECK(made.story(id).size() == lines);
      }
    }
    INFO(name << " of no job");
    const auto nothing = change(made.file, 4711);
    REQUIRE_FALSE(nothing);
    CHECK(nothing.error() == error{errc::not_found, "there is no job 4711"});
  }
}

TEST_CASE("a job ends in a final state only") {
  opened_journal made;
  const job_id id = made.in(job_state::running);
  CHECK(made.file.end(id, job_state::paused, "", noon).error().code == errc::invalid_argument);
  CHECK(made.file.publish(id, {.state = job_state::queued}, noon).error().code == errc::invalid_argument);
  CHECK(made.get(id).state == job_state::running);
}

TEST_CASE("attempts that fail are charged, those that end with others are not") {
  opened_journal made;
  const job_id id = made.add({.path = "/in/a.mp4"}).id;
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(id, "another video ended the worker", false, noon, noon));
  CHECK(made.get(id).attempts == 0);
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(id, "the worker died", true, noon + 30s, noon));
  CHECK(made.get(id).attempts == 1);
  CHECK(made.get(id).reason == "the worker died");
  CHECK(made.get(id).not_before == noon + 30s);
  REQUIRE(made.file.start(id, noon + 30s));
  CHECK(made.get(id).reason.empty());
  REQUIRE(made.file.end(id, job_state::quarantined, "the worker died twice", noon + 31s));
  CHECK(made.get(id).attempts == 2);
  CHECK(made.story(id) ==
        std::vector<std::string>{"queued: 0 bytes, batch", "attempt 1 started",
                                 "attempt 1 stopped, free of charge: another video ended the worker; the next in 0.0 s",
                                 "attempt 1 started", "attempt 1 failed: the worker died; the next in 30.0 s",
                                 "attempt 2 started", "quarantined: the worker died twice"});

  // What ends without an attempt is not charged for one.
  const job_id waiting = made.in(job_state::queued);
  REQUIRE(made.file.end(waiting, job_state::failed, "deleted", noon));
  CHECK(made.get(waiting).attempts == 0);
  const job_id stopped = made.in(job_state::running);
  REQUIRE(made.file.end(stopped, job_state::cancelled, "", noon));
  CHECK(made.get(stopped).attempts == 0);
  const job_id published = made.in(job_state::running);
  REQUIRE(made.file.publish(published, {.state = job_state::failed, .reason = "no video"}, noon));
  CHECK(made.get(published).attempts == 1);
}

TEST_CASE("a job whose result was lost before it had its name waits again, as one without a result") {
  opened_journal made;
  const job_id id = made.in(job_state::publishing);
  REQUIRE(made.file.retry_later(id, "its result was lost", false, noon, noon));
  const auto job = made.get(id);
  CHECK(job.state == job_state::queued);
  CHECK(job.attempts == 0);
  CHECK(job.result.empty());
  CHECK(job.formats.empty());
  CHECK(job.result_key.empty());
  made.finish(id);
  CHECK(made.get(id).state == job_state::done);
}

TEST_CASE("a video that changed while it ran waits as what it is now, so that its next failure is its own") {
  opened_journal made;
  const job_id id = made.in(job_state::running);
  const file_version grown{20, 3, 3};
  REQUIRE(made.file.retry_later(id, "changed", false, noon + 30s, noon, grown));
  const auto job = made.get(id);
  CHECK(job.version == grown);
  CHECK(job.not_before == noon + 30s);
  CHECK(made.add({.path = job.path, .version = grown}) == job);
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(id, "broken", true, noon, noon));
  CHECK(made.get(id).version == grown);
}

TEST_CASE("a version that was seen before is not queued again") {
  opened_journal made;
  const new_job seen{.path = "/in/a.mp4", .version = {10, 1, 1}};
  for (const auto state : all_states) {
    const job_id id = made.in(state);
    const auto before = made.get(id);
    INFO(to_string(state));
    CHECK(made.add({.path = before.path, .version = before.version}, noon + 1h) == before);
    CHECK(made.get(id) == before);
  }
  CHECK(made.file.counts()->size() == all_states.size());
}

TEST_CASE("a newer version of a waiting job brings that job up to date") {
  opened_journal made;
  const job_id id = made.add({.path = "/in/a.mp4", .version = {10, 1, 1}}).id;
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.recover(noon));
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(id, "half a file", true, noon + 1h, noon));

  const auto newer = made.add({.path = "/in/a.mp4", .version = {20, 2, 1}, .lane = job_lane::interactive}, noon + 1s);
  CHECK(newer.id == id);
  CHECK(newer.version == file_version{20, 2, 1});
  CHECK(newer.lane == job_lane::interactive);
  CHECK(newer.attempts == 0);
  CHECK(newer.interruptions == 0);
  CHECK_FALSE(newer.suspect);
  CHECK(newer.not_before == noon + 1s);
  CHECK(newer.reason.empty());
  CHECK(made.get(id) == newer);
  CHECK(made.story(id).back() == "changed before its turn: 20 bytes now");

  REQUIRE(made.file.pause(id, noon));
  CHECK(made.add({.path = "/in/a.mp4", .version = {30, 3, 1}}).id == id);
  CHECK(made.get(id).state == job_state::paused);
  CHECK(made.get(id).lane == job_lane::interactive);
}

TEST_CASE("a newer version of a job that runs or is over is a job of its own") {
  opened_journal made;
  for (const auto state : all_states) {
    if (state == job_state::queued || state == job_state::paused)
      continue;
    const auto old = made.get(made.in(state));
    const auto newer = made.add({.path = old.path, .version = {old.version.bytes, 99, 3}});
    INFO(to_string(state));
    CHECK(newer.id > old.id);
    CHECK(newer.state == job_state::queued);
    CHECK(made.get(old.id) == old);
    CHECK(made.file.was_seen(old.path, newer.version).value());
  }
}

TEST_CASE("the same file in the place of one that was moved away is a job of its own") {
  opened_journal made;
  const new_job seen{.path = "/in/a.mp4", .version = {10, 1, 1}};
  const job_id first = made.add(seen).id;
  made.finish(first, good, "/in/done/a.mp4");
  const job_id second = made.add(seen).id;
  CHECK(second != first);
  CHECK(made.add(seen).id == second);

  // Also while the moved one is tried again where it is.
  made.finish(second, good, "/in/done/a-1.mp4");
  REQUIRE(made.file.retry(second, noon));
  CHECK(made.get(second).moved_to == "/in/done/a-1.mp4");
  CHECK(made.add({.path = "/in/a.mp4", .version = {11, 1, 1}}).id > second);
  CHECK(made.get(second).version == seen.version);
}

TEST_CASE("the same version for other analyzers is a job of its own") {
  opened_journal made;
  const new_job wished{.path = "/in/a.mp4", .version = {10, 1, 1}, .analyzers = {"cut_analysis"}};
  const new_job watched{.path = wished.path, .version = wished.version};
  const auto first = made.add(wished);
  CHECK_FALSE(made.file.was_seen(wished.path, wished.version).value()); // which is what the watch asks
  const auto second = made.add(watched);
  CHECK(second.id != first.id);
  CHECK(made.add(wished) == first);
  CHECK(made.add(watched) == second);
  CHECK(made.file.was_seen(wished.path, wished.version).value());
  CHECK(ids(made.file.jobs_of(wished.path).value()) == std::vector{second.id, first.id});

  const auto grown = made.add({.path = wished.path, .version = {20, 2, 1}});
  CHECK(grown.id == second.id);
  CHECK(made.get(first.id) == first);
}

TEST_CASE("when a video is moved away, jobs of the same version for other analyzers find it") {
  opened_journal made;
  const file_version version{10, 1, 1};
  const job_id watched = made.add({.path = "/in/a.mp4", .version = version}).id;
  const job_id wished = made.add({.path = "/in/a.mp4", .version = version, .analyzers = {"x"}}).id;
  const job_id paused = made.add({.path = "/in/a.mp4", .version = version, .analyzers = {"y"}}).id;
  const job_id over = made.add({.path = "/in/a.mp4", .version = version, .analyzers = {"z"}}).id;
  const job_id older = made.add({.path = "/in/a.mp4", .version = {9, 1, 1}, .analyzers = {"v"}}).id;
  REQUIRE(made.file.pause(paused, noon));
  REQUIRE(made.file.cancel(over, noon));
  made.finish(watched, good, "/in/done/a.mp4");
  CHECK(made.get(wished).moved_to == "/in/done/a.mp4");
  CHECK(made.get(paused).moved_to == "/in/done/a.mp4");
  CHECK(made.get(over).moved_to == "/in/done/a.mp4");
  CHECK(made.get(over).state == job_state::cancelled);
  CHECK(made.get(older).moved_to.empty());
}

TEST_CASE("many files are added in one go, in their order, one of them twice") {
  opened_journal made;
  std::vector<new_job> seen;
  for (int i = 0; i < 1000; ++i)
    seen.push_back({.path = "/in/" + std::to_string(i), .version = {i, 1, 1}});
  seen.push_back(seen[7]);
  const auto entries = made.file.add(seen, noon);
  REQUIRE(entries);
  REQUIRE(entries->size() == 1001);
  for (std::size_t i = 0; i < 1000; ++i)
    REQUIRE((*entries)[i].path == seen[i].path);
  CHECK(entries->back() == (*entries)[7]);
  CHECK(made.file.counts().value() == std::map<job_state, std::int64_t>{{job_state::queued, 1000}});
}

TEST_CASE("those that wait are given lane by lane, the oldest first, once their time has come") {
  opened_journal made;
  for (int i = 1; i <= 6; ++i)
    made.add({.path = "/in/" + std::to_string(i),
              .version = {i, 1, 1},
              .lane = i % 2 == 0 ? job_lane::interactive : job_lane::batch});
  CHECK(ids(made.file.waiting(noon, 10).value()) == std::vector<job_id>{2, 4, 6, 1, 3, 5});
  CHECK(ids(made.file.waiting(noon, 2).value()) == std::vector<job_id>{2, 4, 1, 3});

  for (const job_id id : {1, 2, 3})
    REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(1, "why", true, noon + 20s, noon));
  REQUIRE(made.file.retry_later(2, "why", true, noon + 10s, noon));
  REQUIRE(made.file.pause(4, noon));
  CHECK(ids(made.file.waiting(noon, 10).value()) == std::vector<job_id>{6, 5});
  CHECK(ids(made.file.waiting(noon + 10s, 10).value()) == std::vector<job_id>{2, 6, 5});
}

TEST_CASE("a video of a path that runs or is published waits, and holds up no others") {
  opened_journal made;
  const job_id runs = made.add({.path = "/in/1", .version = {10, 1, 1}}).id;
  REQUIRE(made.file.start(runs, noon));
  const job_id changed = made.add({.path = "/in/1", .version = {11, 2, 1}}).id;
  const job_id other = made.add({.path = "/in/other", .version = {10, 1, 2}}).id;
  CHECK(ids(made.file.waiting(noon, 1).value()) == std::vector{other});
  REQUIRE(made.file.publish(runs, {.state = job_state::failed}, noon));
  CHECK(ids(made.file.waiting(noon, 20).value()) == std::vector{other});
  REQUIRE(made.file.settle(runs, "", noon));
  CHECK(made.story(runs) ==
        std::vector<std::string>{"queued: 10 bytes, batch", "attempt 1 started", "ended without a result", "failed"});
  CHECK(ids(made.file.waiting(noon, 20).value()) == std::vector<job_id>{changed, other});
}

TEST_CASE("jobs are listed newest first, by state and in pages") {
  opened_journal made;
  for (int i = 1; i <= 6; ++i)
    made.add({.path = "/in/" + std::to_string(i)});
  REQUIRE(made.file.start(2, noon));
  REQUIRE(made.file.pause(5, noon));
  CHECK(ids(made.file.jobs({}).value()) == std::vector<job_id>{6, 5, 4, 3, 2, 1});
  CHECK(ids(made.file.jobs({.before = 5, .limit = 2}).value()) == std::vector<job_id>{4, 3});
  using enum job_state;
  CHECK(ids(made.file.jobs({.states = {queued, running, queued}}).value()) == std::vector<job_id>{6, 4, 3, 2, 1});
  CHECK(ids(made.file.jobs({.states = {paused, running}, .before = 5}).value()) == std::vector<job_id>{2});
  CHECK(ids(made.file.jobs({.states = {queued, paused}, .limit = 2}).value()) == std::vector<job_id>{6, 5});
  CHECK(made.file.jobs({.states = {failed}}).value().empty());
  CHECK(made.file.counts().value() == std::map<job_state, std::int64_t>{{queued, 4}, {paused, 1}, {running, 1}});
}

TEST_CASE("what a crash left running is queued again, and what was publishing is given back") {
  opened_journal made;
  const job_id running = made.in(job_state::running);
  const job_id publishing = made.in(job_state::publishing);
  const job_id paused = made.in(job_state::paused);

  const auto left = made.file.recover(noon + 1h);
  REQUIRE(left);
  CHECK(ids(*left) == std::vector{publishing});
  CHECK(left->front().result == good.result);
  CHECK(left->front().formats == good.formats);
  CHECK(made.get(running).state == job_state::queued);
  CHECK(made.get(running).interruptions == 1);
  CHECK(made.get(running).attempts == 0);
  CHECK(made.get(running).suspect);
  CHECK(made.story(running).back() == "attempt 1 ended with the daemon, beside 0 more; queued again, to run alone");
  CHECK(made.get(paused).state == job_state::paused);
  CHECK(ids(made.file.waiting(noon + 1h, 5).value()) == std::vector{running});
  REQUIRE(made.file.settle(publishing, "", noon));
  CHECK(made.get(publishing).state == job_state::done);
}

TEST_CASE("only a job that ran alone is charged with the daemon's death, and all that ran are suspects") {
  opened_journal made;
  const job_id one = made.in(job_state::running), other = made.in(job_state::running);
  REQUIRE(made.file.recover(noon));
  for (const job_id id : {one, other}) {
    CHECK(made.get(id).suspect);
    CHECK(made.get(id).interruptions == 0);
    CHECK(made.story(id).back() == "attempt 1 ended with the daemon, beside 1 more; queued again, to run alone");
  }
  REQUIRE(made.file.start(other, noon));
  REQUIRE(made.file.recover(noon));
  CHECK(made.get(one).interruptions == 0);
  CHECK(made.get(other).interruptions == 1);
  REQUIRE(made.file.start(other, noon));
  REQUIRE(made.file.retry_later(other, "the daemon ends", false, noon, noon));
  CHECK(made.get(other).suspect); // it was not seen to its end
  REQUIRE(made.file.start(other, noon));
  REQUIRE(made.file.retry_later(other, "a worker died", true, noon, noon));
  CHECK_FALSE(made.get(other).suspect);
}

TEST_CASE("suspects wait in front of all others, until their time has come") {
  opened_journal made;
  const job_id early = made.in(job_state::queued), ran = made.in(job_state::running);
  REQUIRE(made.file.recover(noon));
  CHECK(ids(made.file.waiting(noon, 1).value()) == std::vector{ran, early});
  REQUIRE(made.file.start(ran, noon));
  REQUIRE(made.file.retry_later(ran, "the disk is full", false, noon + 1h, noon));
  CHECK(ids(made.file.waiting(noon, 5).value()) == std::vector{early});
}

TEST_CASE("a paused queue is remembered") {
  temporary_folder folder;
  for (const bool paused : {false, true, true, false}) {
    REQUIRE(journal::open(folder.at("journal.db"))->pause_queue(paused));
    CHECK(journal::open(folder.at("journal.db"))->is_queue_paused().value() == paused);
  }
  CHECK_FALSE(opened_journal{}.file.is_queue_paused().value());
}

TEST_CASE("a job that is tried again on request starts as new") {
  opened_journal made;
  const job_id id = made.add({.path = "/in/a.mp4", .lane = job_lane::interactive, .analyzers = {"x"}}).id;
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.retry_later(id, "why", true, noon, noon));
  made.finish(id, {.state = job_state::partial,
                   .reason = "half",
                   .content_sha256 = "c",
                   .result_key = "k",
                   .result = "/out/a",
                   .formats = {"json"}});
  REQUIRE(made.file.retry(id, noon + 1h));
  CHECK(made.get(id) == job_entry{.id = id,
                                  .path = "/in/a.mp4",
                                  .lane = job_lane::interactive,
                                  .analyzers = {"x"},
                                  .created = noon,
                                  .changed = noon + 1h,
                                  .not_before = noon + 1h});
  CHECK_FALSE(made.file.result_with_key("k").value());
  CHECK(made.story(id).size() == 7);
}

TEST_CASE("results are found by the size of their video and by their key") {
  opened_journal made;
  const auto finished = [&](const std::string& path, std::int64_t bytes, const job_ending& ending) {
    const job_id id = made.add({.path = path, .version = {bytes, 1, 1}}).id;
    made.finish(id, ending);
    return id;
  };
  const job_id first = finished("/in/1", 100, {.result_key = "k", .result = "/out/1"});
  const job_id linked = finished("/in/2", 100, {.result_key = "k", .result = "/out/1", .result_of = first});
  finished("/in/3", 103, {.state = job_state::partial, .result_key = "l", .result = "/out/3"});
  finished("/in/4", 102, {.state = job_state::failed});
  finished("/in/5", 101, {.result = "/out/5"});
  made.add({.path = "/in/6", .version = {100, 1, 1}});

  CHECK(made.file.has_result_of_size(100).value());
  CHECK(made.file.has_result_of_size(103).value());
  CHECK_FALSE(made.file.has_result_of_size(102).value());
  CHECK_FALSE(made.file.has_result_of_size(99).value());
  CHECK(made.file.result_with_key("k").value()->id == first);
  CHECK_FALSE(made.file.result_with_key("").value());
  CHECK(made.get(linked).result_of == first);
  CHECK(made.story(linked)[2] == fmt::format("has the same content as job {}", first));
}

TEST_CASE("of the written results the one with most of the wanted parts is found, and of several the newest") {
  opened_journal made;
  const auto finished = [&](const std::string& path, const std::map<std::string, std::string>& parts) {
    const job_id id = made.add({.path = path, .version = {100, 1, 1}}).id;
    made.finish(id, {.result = "/out" + path, .json_sha256 = "sum of " + path, .parts = parts});
    return id;
  };
  finished("/1", {{"cut_analysis", "c"}, {"text_overlay", "t"}, {"eye_tracking", "e"}});
  finished("/2", {{"cut_analysis", "c"}, {"text_overlay", "another"}});
  const job_id third = finished("/3", {{"cut_analysis", "c"}, {"text_overlay", "t"}, {"eye_tracking", "another"}});

  const auto most = made.file.result_with_most({"c", "t", "unknown"}).value();
  REQUIRE(most);
  CHECK(most->job == third);
  CHECK(most->result == "/out/3");
  CHECK(most->json_sha256 == "sum of /3");
  CHECK(most->parts == std::map<std::string, std::string>{{"cut_analysis", "c"}, {"text_overlay", "t"}});
  CHECK(made.file.written(third)->parts.size() == 3);
  CHECK(made.file.result_with_most({"c", "t", "e"}).value()->job == 1);
  CHECK_FALSE(made.file.result_with_most({"unknown"}).value());
  CHECK_FALSE(made.file.result_with_most({}).value());

  REQUIRE(made.file.forget_written(third));
  CHECK(made.file.result_with_most({"c", "t"}).value()->job == 1);
  CHECK(made.file.written(third).error().code == errc::not_found);
  REQUIRE(made.file.trim(0));
  CHECK_FALSE(made.file.result_with_most({"c"}).value());
  CHECK_FALSE(made.file.has_result_of_size(100).value());
}

TEST_CASE("what a job wrote is known until it writes anew, also while it runs again with other analyzers") {
  opened_journal made;
  const job_id id = made.add({.path = "/1", .version = {100, 1, 1}}).id;
  made.finish(id, {.result = "/out/1", .json_sha256 = "sum", .parts = {{"cut_analysis", "c"}}});
  REQUIRE(made.file.retry(id, noon, std::vector<std::string>{"text_overlay"}));
  CHECK(made.get(id).result.empty());
  CHECK(made.file.has_result_of_size(100).value());
  CHECK(made.file.result_with_most({"c"}).value()->result == "/out/1");
  REQUIRE(made.file.start(id, noon));
  REQUIRE(made.file.publish(id, {.result = "/out/2", .json_sha256 = "other", .parts = {{"text_overlay", "t"}}}, noon));
  CHECK_FALSE(made.file.result_with_most({"c"}).value());
  CHECK(made.file.result_with_most({"t"}).value()->json_sha256 == "other");
}

TEST_CASE("what is asked to be done again is not answered by what is written") {
  for (const auto state : {job_state::done, job_state::partial}) {
    opened_journal made;
    const auto finished = [&](const std::string& path, const std::string& content) {
      const job_id id = made.add({.path = path, .version = {100, 1, 1}}).id;
      made.finish(id, {.state = state,
                       .result_key = "whole of " + content,
                       .result = "/out" + path,
                       .parts = {{"cut_analysis", "cuts of " + content}}});
      return id;
    };
    const job_id first = finished("/1", "a");
    finished("/2", "a");
    finished("/3", "b");
    REQUIRE(made.file.retry(first, noon));
    CHECK_FALSE(made.file.result_with_key("whole of a").value());
    CHECK(made.file.result_with_key("whole of b").value());
    // A partial one is only to do what is missing.
    const auto cuts = made.file.result_with_most({"cuts of a"}).value();
    CHECK(cuts.has_value() == (state == job_state::partial));
    CHECK(made.file.result_with_most({"cuts of b"}).value());
  }
}

TEST_CASE("no two paths have the same result, and each keeps its own") {
  opened_journal made;
  CHECK(made.file.claim_result("/a/x.mp4", "/out/x").value() == "/out/x");
  const auto second = made.file.claim_result("/b/x.mp4", "/out/x").value();
  CHECK(second.starts_with("/out/x-"));
  CHECK(second.size() == std::string("/out/x-").size() + 8);
  CHECK(made.file.claim_result("/c/x.mp4", "/out/x").value() != second);
  CHECK(made.file.claim_result("/a/x.mp4", "/out/x").value() == "/out/x");
  CHECK(made.file.claim_result("/b/x.mp4", "/out/x").value() == second);

  // A name that another path has by accident is not shared either.
  const auto accident = made.file.claim_result("/d/x.mp4", "/elsewhere/x").value();
  REQUIRE(accident == "/elsewhere/x");
  temporary_folder other{"/dev/shm"};
  auto fresh = journal::open(other.at("journal.db")).value();
  REQUIRE(fresh.claim_result("/e/y.mp4", second).value() == second);
  REQUIRE(fresh.claim_result("/a/x.mp4", "/out/x").value() == "/out/x");
  const auto long_name = fresh.claim_result("/b/x.mp4", "/out/x").value();
  CHECK(long_name.starts_with(second));
  CHECK(long_name.size() == std::string("/out/x-").size() + 64);
  CHECK(fresh.claim_result("/b/x.mp4", "/out/x").value() == long_name);
}

TEST_CASE("the oldest jobs that are over are forgotten, with their stories") {
  opened_journal made;
  const job_id waiting = made.in(job_state::queued);
  const job_id first = made.in(job_state::done);
  const job_id second = made.in(job_state::failed);
  const job_id third = made.add({.path = "/in/c"}).id;
  made.finish(third, {.result = "/out/x", .result_of = first});
  REQUIRE(made.file.claim_result("/in/b", "/out/b"));

  CHECK(made.file.trim(3).value() == 0);
  CHECK(made.file.over_beyond(1).value() == std::vector{first, second});
  CHECK(made.file.trim(1).value() == 2);
  CHECK(made.file.job(first).error().code == errc::not_found);
  CHECK(made.file.story(second).error().code == errc::not_found);
  CHECK(made.get(waiting).state == job_state::queued);
  CHECK(made.get(third).result == "/out/x");
  CHECK_FALSE(made.get(third).result_of);
  CHECK(made.file.claim_result("/in/other", "/out/b").value() != "/out/b");

  // A watch that asks whether it knows a file is not told no, after which the video would be analyzed again.
  CHECK(made.file.was_seen("/in/2", {2, 2, 3}).value());
  CHECK_FALSE(made.file.was_seen("/in/2", {2, 2, 4}).value());
  CHECK_FALSE(made.file.was_seen("/in/never", {2, 2, 3}).value());

  // Their numbers are not given away again.
  CHECK(made.file.trim(0).value() == 1);
  CHECK(made.in(job_state::queued) == third + 1);
}

TEST_CASE("a result may be of a job that was forgotten meanwhile") {
  opened_journal made;
  const job_id id = made.in(job_state::running);
  REQUIRE(made.file.publish(id, {.result = "/out/x", .result_of = 4711}, noon));
  CHECK_FALSE(made.get(id).result_of);
}

TEST_CASE("a story keeps its last 200 steps") {
  opened_journal made;
  const job_id id = made.in(job_state::queued);
  for (int i = 0; i < 120; ++i) {
    REQUIRE(made.file.pause(id, noon + i * 2ms));
    REQUIRE(made.file.resume(id, noon + (i * 2 + 1) * 1ms));
  }
  const auto story = made.file.story(id).value();
  REQUIRE(story.size() == 200);
  CHECK(story.front().at == noon + 40ms);
  CHECK(story.back().at == noon + 239ms);
}
