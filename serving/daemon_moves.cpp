#include "serving/daemon_moves.hpp"

#include "actors/caf_error.hpp"
#include "serving/archive.hpp"
#include "serving/fail_point.hpp"
#include "timeline/utf8.hpp"

#include <spdlog/spdlog.h>

namespace timeloom::daemon_steps {

namespace {

void take_refusal(self_pointer self, const job_entry& job, const error& reason) {
  auto& move = self->state.moves[job.id];
  move.is_asked_for = false;
  if (reason.code == errc::cancelled) // the daemon ends: the next one goes on
    return void(self->state.moves.erase(job.id));
  const auto& setup = setup_of(self);
  if (reason.code == errc::io && ++move.refusals < setup.max_attempts) {
    move.left = retry_delay(setup.retry_delay, move.refusals);
    spdlog::warn("{} is not put away yet, again in {:.1f} s: {}", one_line(job.path),
                 std::chrono::duration<double>{move.left}.count(), one_line(reason.message));
    return answer_drained(self);
  }
  if (reason.code == errc::not_found && job.result.empty()) // which is how the job ended
    return close(self, job.id, "");
  spdlog::warn("{} is not put away: {}", one_line(job.path), one_line(reason.message));
  close(self, job.id, "", "the video is not put away: " + reason.message);
}

} // namespace

bool is_put_away(self_pointer self, const job_entry& job) {
  return setup_of(self).puts_away && job.moved_to.empty() && job.analyzers.empty() &&
         !watched_folder_of(setup_of(self), job.path).empty();
}

bool waits_for_move(self_pointer self, job_id id) {
  const auto found = self->state.moves.find(id);
  if (found == self->state.moves.end())
    return false;
  const auto& move = found->second;
  return move.is_asked_for || move.left.count() > 0 || self->state.drain_until; // then the next start goes on
}

void move_video(self_pointer self, const job_entry& job) {
  self->state.moves[job.id].is_asked_for = true;
  const auto folder = watched_folder_of(setup_of(self), job.path);
  self->request(self->state.with.mover, caf::infinite,
                move_wish{{job.path, job.version}, folder, folder + (job.result.empty() ? failed_folder : done_folder)})
      .then(
          [self, id = job.id](const std::string& moved_to) {
            fail_point("daemon.put_away");
            close(self, id, moved_to);
          },
          [self, job](const caf::error& why) { take_refusal(self, job, from_caf(why)); });
}

void count_down_moves(self_pointer self, std::chrono::milliseconds time) {
  for (auto& [id, move] : self->state.moves)
    move.left -= time;
}

} // namespace timeloom::daemon_steps
