/// How the daemon's jobs run: started as there is room, looked for among earlier results, analyzed. Steps of the
/// daemon's actor: only its own files call them, in its thread.
#pragma once

#include "serving/daemon_outcomes.hpp"

namespace timeloom::daemon_steps {

/// Starts jobs that wait, while there is room.
void start_jobs(self_pointer self);

/// Whether a job was told to stop before its analysis began, or the daemon is ending; then it runs no longer.
bool was_stopped(self_pointer self, job_id id);

/// Nothing runs for the job any more; others may start.
void take_result(self_pointer self, const job_result& result);

} // namespace timeloom::daemon_steps
