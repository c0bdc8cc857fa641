/// How the videos of jobs that are over get to their places. Steps of the daemon's actor: only its own files call them,
/// in its thread.
#pragma once

#include "serving/daemon_outcomes.hpp"

namespace timeloom::daemon_steps {

/// Whether the video leaves its folder when the job is over. One for other analyzers than the configured ones leaves it
/// to the watch's own.
bool is_put_away(self_pointer self, const job_entry& job);

/// Whether the job's video is on its way, or was refused and is not to be asked for again yet.
bool waits_for_move(self_pointer self, job_id id);

/// Has the video moved and closes the job then. A move that the disk refused is asked for again, as often as an
/// analysis and after the same delays; then the video stays, and the job's story says why.
void move_video(self_pointer self, const job_entry& job);

/// So much time went by for those that were refused.
void count_down_moves(self_pointer self, std::chrono::milliseconds time);

} // namespace timeloom::daemon_steps
