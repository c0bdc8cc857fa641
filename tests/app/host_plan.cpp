#include "app/host_plan.hpp"

#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("half of the cores look at pictures, but two do where there are two") {
  CHECK(analysis_workers_on(1) == 1);
  CHECK(analysis_workers_on(2) == 2);
  CHECK(analysis_workers_on(3) == 2);
  CHECK(analysis_workers_on(4) == 2);
  CHECK(analysis_workers_on(8) == 4);
  CHECK(analysis_workers_on(64) == 32);
}

TEST_CASE("there are as many analysis workers as the configuration says, whatever the cores and videos") {
  configuration settings;
  settings.cpu_parallel.workers = 7;
  for (const std::size_t videos : {1, 20})
    CHECK(plan_host(settings, videos, {}).analysis.back().workers == 7);
}
