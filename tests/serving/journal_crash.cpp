#ifdef TIMELOOM_FAIL_POINTS
#include "serving/fail_point.hpp"
#include "serving/journal.hpp"
#include "tests/catch.hpp"
#include "tests/temporary_folder.hpp"

#include <csignal>
#include <cstdlib>
#include <fmt/ranges.h>
#include <functional>
#include <sys/wait.h>
#include <unistd.h>

using namespace timeloom;
using namespace std::chrono_literals;
using tests::temporary_folder;

namespace {

constexpr wall_time noon{12h};

struct operation {
  std::string name; // as in the fail points
  int stories = 0;  // how many jobs' stories it adds to
  std::function<bool(journal&)> run;
};

// Every function that writes, each of them on the jobs that those before it left.
std::vector<operation> a_life() {
  const auto seen = [](const std::string& path, std::int64_t version) {
    return new_job{.path = path, .version = {version, version, 1}};
  };
  const job_ending ending{.result_key = "k",
                          .result = "/out/1",
                          .formats = {"json"},
                          .json_sha256 = "sum",
                          .parts = {{"cut_analysis", "c"}, {"text_overlay", "t"}}};
  return {
      {"add", 4,
       [=](journal& file) {
         return file.add({seen("/1", 1), seen("/2", 1), seen("/3", 1), seen("/4", 1)}, noon).has_value();
       }},
      {"claim_result", 0, [](journal& file) { return file.claim_result("/1", "/out/1").has_value(); }},
      {"start", 1, [](journal& file) { return file.start(1, noon).has_value(); }},
      {"start", 1, [](journal& file) { return file.start(2, noon).has_value(); }},
      {"publish", 1, [=](journal& file) { return file.publish(1, ending, noon).has_value(); }},
      {"settle", 1, [](journal& file) { return file.settle(1, "/done/1", noon).has_value(); }},
      {"forget_written", 0, [](journal& file) { return file.forget_written(1).has_value(); }},
      {"retry_later", 1, [](journal& file) { return file.retry_later(2, "why", true, noon, noon).has_value(); }},
      {"add", 2,
       [=](journal& file) {
         return file.add({seen("/2", 2), seen("/5", 1)}, noon).has_value();
       }},
      {"pause", 1, [](journal& file) { return file.pause(3, noon).has_value(); }},
      {"resume", 1, [](journal& file) { return file.resume(3, noon).has_value(); }},
      {"pause_queue", 0, [](journal& file) { return file.pause_queue(true).has_value(); }},
      {"cancel", 1, [](journal& file) { return file.cancel(3, noon).has_value(); }},
      {"retry", 1, [](journal& file) { return file.retry(3, noon).has_value(); }},
      {"start", 1, [](journal& file) { return file.start(3, noon).has_value(); }},
      {"start", 1, [](journal& file) { return file.start(4, noon).has_value(); }},
      {"recover", 2, [](journal& file) { return file.recover(noon).has_value(); }},
      {"end", 1, [](journal& file) { return file.end(4, job_state::failed, "gone", noon).has_value(); }},
      {"trim", 0, [](journal& file) { return file.trim(1).has_value(); }},
  };
}

// Everything that can be read of a journal.
struct contents {
  std::vector<job_entry> jobs;
  std::vector<std::string> stories, written;
  bool queue_paused = false;

  bool operator==(const contents&) const = default;
};

contents all_of(journal& file) {
  contents found{.jobs = file.jobs({}).value(), .stories = {}, .queue_paused = file.is_queue_paused().value()};
  for (const auto& job : found.jobs) {
    const auto steps = file.story(job.id).value();
    for (const auto& step : steps)
      found.stories.push_back(fmt::format("{} {}", job.id, step.what));
    if (const auto written = file.written(job.id))
      found.written.push_back(fmt::format("{} {} {}", written->result, written->json_sha256, written->parts));
  }
  return found;
}

// Lives in a child process that is to die at the fail point, and gives what it left. What the process wrote is kept by
// the kernel, so a folder in memory shows the same as one on a disk.
contents after_death_at(const std::string& point) {
  const temporary_folder folder{"/dev/shm"};
  const pid_t child = ::fork();
  if (child == 0) {
    ::setenv("TIMELOOM_FAIL_POINT", point.c_str(), 1);
    auto file = journal::open(folder.at("journal.db"));
    for (const auto& operation : a_life())
      if (!file || !operation.run(*file))
        ::_exit(2);
    ::_exit(1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  INFO("the status of the child: " << status);
  REQUIRE(WIFSIGNALED(status));
  REQUIRE(WTERMSIG(status) == SIGKILL);
  auto again = journal::open(folder.at("journal.db"));
  REQUIRE(again);
  return all_of(*again);
}

} // namespace

TEST_CASE("whatever moment the daemon dies at, each transaction is wholly there or not at all") {
  const auto life = a_life();
  std::vector<contents> reference; // before each operation, and after the last
  {
    const temporary_folder folder{"/dev/shm"};
    auto file = journal::open(folder.at("journal.db"));
    REQUIRE(file);
    reference.push_back(all_of(*file));
    for (const auto& operation : life) {
      INFO(operation.name);
      REQUIRE(operation.run(*file));
      reference.push_back(all_of(*file));
      if (operation.name != "claim_result")
        REQUIRE(reference.back() != *std::prev(reference.end(), 2));
    }
  }

  std::map<std::string, int> passes;
  const auto dies = [&](const std::string& point, std::size_t after_operations) {
    const auto exact = fmt::format("{}:{}", point, ++passes[point]);
    INFO(exact);
    CHECK(after_death_at(exact) == reference.at(after_operations));
  };
  dies("journal.create.before_commit", 0);
  dies("journal.create.after_commit", 0);
  for (std::size_t i = 0; i < life.size(); ++i) {
    for (int story = 0; story < life[i].stories; ++story)
      dies("journal.before_story", i);
    dies("journal." + life[i].name + ".before_commit", i);
    dies("journal." + life[i].name + ".after_commit", i + 1);
  }
  for (const auto& point : fail_points)
    if (point.starts_with("journal."))
      CHECK(passes.contains(std::string{point}));
}

TEST_CASE("a fail point of another name, or of a later pass, is passed") {
  for (const auto* point : {"journal.add.before", "journal.add.before_commit:9", ""}) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setenv("TIMELOOM_FAIL_POINT", point, 1);
      fail_point("journal.add.before_commit");
      ::_exit(0);
    }
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
  }
}
#endif
