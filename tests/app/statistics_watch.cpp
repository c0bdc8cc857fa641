#include "app/statistics_watch.hpp"

#include "tests/actors/deterministic.hpp"
#include "tests/catch.hpp"
#include "tests/gpu_groups/set_variable.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <sstream>

using namespace timeloom;
using namespace std::chrono_literals;

namespace {

/// A watch beside a stand-in for the coordinator; what is logged meanwhile can be read.
class watch_world : public deterministic_actors {
public:
  watch_world(gpu_sampler* gpus, std::chrono::seconds log_interval) {
    auto log = std::make_shared<spdlog::logger>("watched", std::make_shared<spdlog::sinks::ostream_sink_mt>(logged));
    log->set_pattern("%v");
    spdlog::set_default_logger(log);
    const auto coordinator = spawn([](coordinator_actor::pointer) -> coordinator_actor::behavior_type {
      return {
          [](submit_atom, const analysis_request&, const listener_actor&) { return std::uint64_t{0}; },
          [](cancel_atom, std::uint64_t) {},
          [](acquire_atom, std::uint64_t) {},
          [](release_atom, std::uint64_t) {},
          [](link_atom, std::uint64_t, const std::string&) { return analysis_link_actor{}; },
          [](metrics_atom) {
            return metrics_report{{{"analysis worker", {{{"timeloom_reads_total", "", 5}}, {}}, ""}}};
          },
      };
    });
    spawn(statistics_watch, statistics_watch_options{coordinator, gpus, log_interval});
  }
  ~watch_world() {
    end_actors();
    spdlog::set_default_logger(before_);
  }
  void wait(std::chrono::milliseconds time) {
    for (; time > 0ms; time -= 200ms)
      advance(200ms);
  }

  std::ostringstream logged;

private:
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

} // namespace

TEST_CASE("statistics are logged at the interval, line by line, and not before") {
  watch_world world{nullptr, 60s};
  world.wait(59s);
  CHECK(world.logged.str().empty());
  world.wait(1s);
  const auto once = world.logged.str();
  CHECK(once == "analysis worker\n"
                "                                             count          size     seconds\n"
                "  reads                                          5\n");
  world.wait(60s);
  CHECK(world.logged.str() == once + once);
}

TEST_CASE("GPUs are looked at five times a second, and nothing is logged without an interval") {
  const set_variable host{"FAKE_NVML", "GPU-a,NVIDIA T4,1000,500,0,-"};
  auto library = nvml::open(TIMELOOM_FAKE_NVML);
  REQUIRE(library);
  gpu_sampler gpus{std::move(*library), {{.index = 0, .uuid = "GPU-a"}}};
  watch_world world{&gpus, 0s};
  CHECK(gpus.usage()[0].gpu_percent.samples == 1); // a short run has its figures
  world.wait(2s);
  CHECK(gpus.usage()[0].gpu_percent.samples == 11);
  CHECK(world.logged.str().empty());
}
