/// What becomes of the daemon's jobs: results with their names, another try, or a reason why there will be none. Steps
/// of the daemon's actor: only its own files call them, in its thread.
#pragma once

#include "serving/daemon.hpp"

namespace timeloom::daemon_steps {

using self_pointer = daemon_actor::stateful_pointer<daemon_state>;

wall_time now();
journal& jobs_of(self_pointer self);
const daemon_setup& setup_of(self_pointer self);

/// Tells whoever listens how the job stands.
void tell(self_pointer self, const job_entry& job);
void tell(self_pointer self, job_id id);

/// False, and a line in the log, when the journal did not take it.
bool is_noted(const expected<void>& noted, job_id id, std::string_view what);

/// running or publishing -> queued. When the journal cannot take it, that is tried again every second.
void put_back(self_pointer self, job_id id, daemon_state::put_back why);

/// Without a result.
void end_job(self_pointer self, const job_entry& job, job_state state, const std::string& reason);

/// publishing -> over. `moved_to`: where the video is now; empty: it stayed. `remark`: for the job's story.
void close(self_pointer self, job_id id, const std::string& moved_to, const std::string& remark = {});

/// Names what was staged, has the video put away and closes the job then. May be asked again at any moment, also after
/// a crash.
void settle(self_pointer self, const job_entry& job);

/// The same content was analyzed before, in the same way; `earlier` is over, or has its files and is to be.
void publish_copy(self_pointer self, const job_entry& job, const job_entry& earlier);

/// Tells those who drain the daemon, once nothing is under way that they wait for.
void answer_drained(self_pointer self);

/// What an analysis has come to, with a result or without.
void conclude(self_pointer self, const daemon_state::running_job& run, const job_result& result);

} // namespace timeloom::daemon_steps
