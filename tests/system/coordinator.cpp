/// The coordinator with real workers, inside the test process.
#include "actors/coordinator.hpp"

#include "actors/system_config.hpp"
#include "tests/catch.hpp"
#include "tests/system/support.hpp"

#include <caf/actor_system.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <mutex>
#include <unistd.h>

using namespace timeloom;
using namespace timeloom::tests;

namespace {

std::ptrdiff_t open_descriptors() {
  return std::distance(fs::directory_iterator{"/proc/self/fd"}, fs::directory_iterator{});
}

std::size_t mapped_rings() {
  const auto maps = read_file("/proc/self/maps");
  std::size_t count = 0;
  for (auto at = maps.find("timeloom-frames"); at != std::string::npos; at = maps.find("timeloom-frames", at + 1))
    ++count;
  return count;
}

} // namespace

TEST_CASE("many jobs in one process leave no descriptor, mapping or worker behind") {
  const temporary_folder folder;
  const auto good = make_text_clip(folder, "good.mp4", 0.4);
  const auto bad = folder.write("bad.mp4", "this is no video");
  const auto before_system = open_descriptors();
  {
    system_config config;
    caf::actor_system system{config};
    std::mutex mutex;
    std::vector<job_result> results; // guarded by mutex
    const auto listener = system.spawn([&](listener_actor::pointer) -> listener_actor::behavior_type {
      return {[](const job_progress&) {}, [](const job_finds&) {},
              [&](const job_result& result) {
                const std::lock_guard lock{mutex};
                results.push_back(result);
              }};
    });
    coordinator_options options;
    options.media.resize(2);
    for (auto& worker : options.media) {
      worker.worker = {TIMELOOM_MEDIA_WORKER, {}, {}};
      worker.threads = 1;
    }
    options.analysis.resize(1);
    options.analysis[0].analyzers["text_overlay"] = 2;
    options.analysis[0].link.worker = {TIMELOOM_ANALYSIS_WORKER, {}, {"OMP_THREAD_LIMIT=1"}};
    const auto conductor = system.spawn(coordinator, options);
    const auto run_jobs = [&](std::uint64_t from, std::uint64_t to) {
      for (auto tag = from; tag < to; ++tag) {
        analysis_request request;
        request.tag = tag;
        request.path = tag % 5 == 4 ? bad : good;
        request.analyzers = {"cut_analysis", "text_overlay"};
        caf::anon_send(conductor, submit_atom_v, request, listener);
      }
      REQUIRE(wait_until(
          [&] {
            const std::lock_guard lock{mutex};
            return results.size() == to;
          },
          std::chrono::seconds{60}));
    };
    run_jobs(0, 6);
    // A job's last messages may still hold what they carry for a moment.
    std::ptrdiff_t idle = 0;
    REQUIRE(wait_until([&] {
      const auto count = open_descriptors();
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
      return (idle = open_descriptors()) == count;
    }));
    run_jobs(6, 26);
    CHECK(wait_until([&] { return open_descriptors() == idle; }));
    CHECK(mapped_rings() == 0);
    for (const auto& result : results) {
      INFO(result.tag << " " << result.reason.message);
      CHECK((result.made != nullptr) == (result.tag % 5 != 4));
    }
    caf::anon_send_exit(conductor, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(listener, caf::exit_reason::user_shutdown);
  }
  CHECK(open_descriptors() == before_system);
  CHECK(workers_of(::getpid(), "media").empty());
  CHECK(workers_of(::getpid(), "analysis").empty());
}
