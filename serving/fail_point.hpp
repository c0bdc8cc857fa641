/// Places at which a test can end the process as a loss of power would: nothing is flushed, no destructor runs.
///
/// `TIMELOOM_FAIL_POINT=NAME` in the environment sends SIGKILL to the process itself when it passes that place, and
/// `NAME:N` when it does so for the Nth time. Only in builds with the CMake option TIMELOOM_FAIL_POINTS; in others a
/// fail point is no code at all. Any thread.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace timeloom {

/// Every place there is, so that a test can go through them.
inline constexpr auto fail_points = std::to_array<std::string_view>({
    "journal.create.before_commit",
    "journal.create.after_commit",
    "journal.add.before_commit",
    "journal.add.after_commit",
    "journal.start.before_commit",
    "journal.start.after_commit",
    "journal.publish.before_commit",
    "journal.publish.after_commit",
    "journal.settle.before_commit",
    "journal.settle.after_commit",
    "journal.end.before_commit",
    "journal.end.after_commit",
    "journal.retry_later.before_commit",
    "journal.retry_later.after_commit",
    "journal.recover.before_commit",
    "journal.recover.after_commit",
    "journal.cancel.before_commit",
    "journal.cancel.after_commit",
    "journal.pause.before_commit",
    "journal.pause.after_commit",
    "journal.resume.before_commit",
    "journal.resume.after_commit",
    "journal.retry.before_commit",
    "journal.retry.after_commit",
    "journal.pause_queue.before_commit",
    "journal.pause_queue.after_commit",
    "journal.claim_result.before_commit",
    "journal.claim_result.after_commit",
    "journal.forget_written.before_commit",
    "journal.forget_written.after_commit",
    "journal.trim.before_commit",
    "journal.trim.after_commit",
    "publication.staged",
    "publication.named_one",
    "daemon.named",
    "daemon.put_away",
    "journal.before_story", // the job is changed, and nothing says so yet
});

/// A name of the list; any other does not compile.
class fail_point_name {
public:
  consteval fail_point_name(const char* name) : text_(name) {
    if (std::find(fail_points.begin(), fail_points.end(), text_) == fail_points.end())
      throw "a fail point that is not in the list";
  }
  std::string_view text() const { return text_; }

private:
  std::string_view text_;
};

#ifdef TIMELOOM_FAIL_POINTS
void fail_point(fail_point_name name);
#else
inline void fail_point(fail_point_name) {}
#endif

} // namespace timeloom
