#include "serving/job_entry.hpp"
#include "tests/catch.hpp"

using namespace timeloom;

TEST_CASE("states and lanes have names that lead back to them") {
  for (int i = 0; i <= static_cast<int>(job_state::cancelled); ++i) {
    const auto state = static_cast<job_state>(i);
    CHECK(job_state_from_string(to_string(state)) == state);
  }
  for (const auto lane : {job_lane::interactive, job_lane::batch})
    CHECK(job_lane_from_string(to_string(lane)) == lane);
  CHECK_FALSE(job_state_from_string("finished"));
  CHECK_FALSE(job_lane_from_string(""));
}

TEST_CASE("a job that still waits, runs or publishes is not over") {
  for (const auto state : {job_state::queued, job_state::paused, job_state::running, job_state::publishing})
    CHECK_FALSE(is_final(state));
  for (const auto state :
       {job_state::done, job_state::partial, job_state::failed, job_state::quarantined, job_state::cancelled})
    CHECK(is_final(state));
}
