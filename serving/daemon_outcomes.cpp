#include "serving/daemon_outcomes.hpp"

#include "actors/caf_error.hpp"
#include "serving/daemon_moves.hpp"
#include "serving/earlier_result.hpp"
#include "serving/fail_point.hpp"
#include "serving/folder_walk.hpp"
#include "serving/job_json.hpp"
#include "serving/publication.hpp"
#include "serving/thumbnails.hpp"
#include "timeline/stamp.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

namespace timeloom::daemon_steps {

wall_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

journal& jobs_of(self_pointer self) {
  return *self->state.with.jobs;
}

const daemon_setup& setup_of(self_pointer self) {
  return *self->state.with.setup;
}

void tell(self_pointer self, const job_entry& job) {
  const auto running = self->state.running.find(job.id);
  self->state.with.feed->publish(
      feed_kind::state, job.id,
      state_text(job, running != self->state.running.end() ? std::optional{running->second.progress} : std::nullopt));
}

void tell(self_pointer self, job_id id) {
  if (const auto entry = jobs_of(self).job(id))
    tell(self, *entry);
}

bool is_noted(const expected<void>& noted, job_id id, std::string_view what) {
  if (!noted)
    spdlog::error("job {} could not be noted as {}: {}", id, what, one_line(noted.error().message));
  return noted.has_value();
}

namespace {

void log_end(const job_entry& job, job_state state, const std::string& reason) {
  const bool is_bad = state == job_state::failed || state == job_state::quarantined;
  spdlog::log(is_bad ? spdlog::level::warn : spdlog::level::info, "{}: {}{}", one_line(job.path), to_string(state),
              reason.empty() ? "" : ": " + one_line(reason));
}

/// An upload whose job is over may be removed.
void look_at_uploads(self_pointer self, const job_entry& job) {
  if (lies_in(job.path, setup_of(self).upload_dir))
    self->state.swept = {};
}

/// Again later, because what it came to could not be kept: no fault of the video.
void put_back_uncharged(self_pointer self, const job_entry& job, const std::string& reason) {
  const int times = ++self->state.uncharged[job.id];
  const auto delay = retry_delay(setup_of(self).retry_delay, times);
  spdlog::warn("{}: again in {:.1f} s: {}", one_line(job.path), std::chrono::duration<double>{delay}.count(),
               one_line(reason));
  put_back(self, job.id, {reason, false, delay});
}

/// running -> publishing -> over
void publish(self_pointer self, const job_entry& job, const job_ending& ending) {
  if (!is_noted(jobs_of(self).publish(job.id, ending, now()), job.id, "published")) {
    drop_staged(ending.result, job.id);
    return put_back_uncharged(self, job, "its result could not be noted in the journal");
  }
  if (const auto entry = jobs_of(self).job(job.id))
    settle(self, *entry);
}

std::vector<std::string> names_of(const std::vector<output_format>& formats) {
  std::vector<std::string> names;
  for (const auto format : formats)
    names.emplace_back(to_string(format));
  return names;
}

/// What is missing in a timeline, in a sentence; nothing when it is all there.
std::string what_is_missing(const timeline& made, const job_entry& job) {
  std::string text;
  for (const auto& report : made.analyzers)
    if (report.status == analyzer_status::partial || report.status == analyzer_status::failed ||
        (report.status == analyzer_status::skipped && !job.analyzers.empty()))
      text +=
          fmt::format("{}{} is {}: {}", text.empty() ? "" : "; ", report.id, to_string(report.status), report.reason);
  return text;
}

std::vector<std::string> taken_from_earlier(const timeline& made) {
  std::vector<std::string> analyzers;
  for (const auto& report : made.analyzers)
    if (report.taken_from)
      analyzers.push_back(report.id);
  return analyzers;
}

/// `began_with` is the setup of the analysis, `found` what came of it.
void publish_timeline(self_pointer self, const job_entry& job, const daemon_setup& began_with, const timeline& found) {
  const auto& setup = setup_of(self);
  auto made = found;
  stamp(made.made, setup.program);
  const auto result = jobs_of(self).claim_result(job.path, wanted_result(setup, job));
  if (!result)
    return put_back_uncharged(self, job, result.error().message);
  const auto json_sha256 = stage_result(made, *result, setup.formats, job.id);
  if (!json_sha256)
    return put_back_uncharged(self, job, json_sha256.error().message);
  if (auto written = write_thumbnails(made, setup.state_dir, job.id); !written)
    spdlog::warn("{}", one_line(written.error().message)); // only the page's pictures
  job_ending ending;
  ending.reason = what_is_missing(made, job);
  ending.state = ending.reason.empty() ? job_state::done : job_state::partial;
  ending.content_sha256 = made.media.sha256;
  ending.result_key = result_key(began_with, job, made.media.sha256);
  ending.result = *result;
  ending.formats = names_of(setup.formats);
  ending.json_sha256 = *json_sha256;
  ending.parts = parts_of(began_with, job.path, made);
  ending.taken = taken_from_earlier(made);
  publish(self, job, ending);
}

/// Whether the same analysis of the same bytes would end the same.
bool is_lasting(errc code) {
  return code == errc::corrupt_media || code == errc::unsupported || code == errc::not_allowed ||
         code == errc::invalid_argument || code == errc::not_found || code == errc::invalid_config;
}

/// How long a video that is not whole waits for its rest, of which the watch tells; nothing when it is taken as it is:
/// it has not changed for so long, or somebody waits for it. Another host's clock may be ahead.
std::optional<std::chrono::milliseconds> wait_for_rest(self_pointer self, const job_entry& job) {
  using std::chrono::nanoseconds;
  const std::chrono::sys_time<nanoseconds> modified{nanoseconds{job.version.modified_ns}};
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(setup_of(self).unfinished - std::chrono::abs(now() - modified));
  if (job.lane == job_lane::interactive || left.count() <= 0)
    return std::nullopt;
  return left;
}

/// Whether what is there now is what the job is of. What was moved may be a copy by now, on another disk.
bool is_version_of(const job_entry& job, const file_version& there) {
  return job.moved_to.empty() ? there == job.version : looks_like(there, job.version);
}

void give_up(self_pointer self, const job_entry& job, const error& reason) {
  const auto& setup = setup_of(self);
  const auto found = look_at(place_of(job));
  if (found && !is_version_of(job, found->version))
    // It was not whole, or is another one by now. Where no watch looks nobody else tells of the version.
    return put_back(self, job.id,
                    {"changed while it was analyzed: " + reason.message, false, setup.retry_delay, found->version});
  if (const auto left = wait_for_rest(self, job); left && reason.code == errc::corrupt_media)
    return put_back(self, job.id, {"waits for its rest: " + reason.message, false, *left});
  if (is_lasting(reason.code))
    return end_job(self, job, job_state::failed, reason.message);
  if (job.attempts + 1 < setup.max_attempts)
    return put_back(self, job.id, {reason.message, true, retry_delay(setup.retry_delay, job.attempts + 1)});
  end_job(self, job, job_state::quarantined,
          fmt::format("{} (attempt {} of {})", reason.message, job.attempts + 1, setup.max_attempts));
}

} // namespace

void put_back(self_pointer self, job_id id, daemon_state::put_back why) {
  const auto at = now();
  self->state.moves.erase(id);
  if (is_noted(jobs_of(self).retry_later(id, why.reason, why.charged, at + why.delay, at, why.version), id, "queued"))
    self->state.to_put_back.erase(id);
  else
    self->state.to_put_back[id] = std::move(why);
  tell(self, id);
}

void end_job(self_pointer self, const job_entry& job, job_state state, const std::string& reason) {
  if (state != job_state::cancelled && is_put_away(self, job))
    return publish(self, job, {.state = state, .reason = reason});
  if (!is_noted(jobs_of(self).end(job.id, state, reason, now()), job.id, to_string(state)))
    return put_back_uncharged(self, job, reason);
  self->state.uncharged.erase(job.id);
  log_end(job, state, reason);
  look_at_uploads(self, job);
  tell(self, job.id);
}

void close(self_pointer self, job_id id, const std::string& moved_to, const std::string& remark) {
  self->state.moves.erase(id);
  if (!is_noted(jobs_of(self).settle(id, moved_to, now(), remark), id, "over"))
    return; // stays publishing, and is tried again
  self->state.uncharged.erase(id);
  if (const auto over = jobs_of(self).job(id)) {
    log_end(*over, over->state, over->reason);
    look_at_uploads(self, *over);
    tell(self, *over);
  }
  answer_drained(self);
}

void settle(self_pointer self, const job_entry& job) {
  if (waits_for_move(self, job.id))
    return;
  if (!job.result.empty()) {
    if (auto named = name_result(job.result, formats_of(job), job.id); !named) {
      spdlog::error("{}", one_line(named.error().message));
      if (named.error().code != errc::not_found)
        return; // stays publishing, and is tried again
      return put_back_uncharged(self, job, "its result was lost: " + named.error().message);
    }
    fail_point("daemon.named");
  }
  if (!is_put_away(self, job))
    return close(self, job.id, "");
  move_video(self, job);
}

void answer_drained(self_pointer self) {
  auto& state = self->state;
  const bool is_late = state.drain_until && *state.drain_until <= std::chrono::steady_clock::now();
  const bool is_moving = std::ranges::any_of(state.moves, [](const auto& one) { return one.second.is_asked_for; });
  if (!state.running.empty() || (is_moving && !is_late))
    return;
  for (auto& promise : state.drained)
    promise.deliver(true);
  state.drained.clear();
}

void publish_copy(self_pointer self, const job_entry& job, const job_entry& earlier) {
  const auto& setup = setup_of(self);
  const auto result = jobs_of(self).claim_result(job.path, wanted_result(setup, job));
  const auto written = jobs_of(self).written(earlier.id);
  expected<void> staged = !result    ? tl::unexpected{result.error()}
                          : !written ? tl::unexpected{written.error()}
                                     : stage_copy(earlier.result, *result, formats_of(earlier), job.id);
  if (!staged)
    return put_back_uncharged(self, job, staged.error().message);
  if (auto shared = share_thumbnails(setup.state_dir, earlier.id, job.id); !shared)
    spdlog::warn("{}", one_line(shared.error().message)); // only the page's pictures
  job_ending ending{.state = earlier.reason.empty() ? job_state::done : job_state::partial,
                    .reason = earlier.reason,
                    .content_sha256 = earlier.content_sha256,
                    .result_key = earlier.result_key,
                    .result = *result,
                    .formats = earlier.formats,
                    .result_of = earlier.id,
                    .json_sha256 = written->json_sha256,
                    .parts = written->parts};
  publish(self, job, ending);
}

void conclude(self_pointer self, const daemon_state::running_job& run, const job_result& result) {
  const auto& job = run.entry;
  if (result.made && !run.sha256.value_or("").empty() && run.sha256 != result.made->media.sha256)
    give_up(self, job, {errc::io, fmt::format("{} was another video than the one that was hashed", job.path)});
  else if (result.made && result.made->media.decode_errors > 0 && wait_for_rest(self, job))
    give_up(self, job, {errc::corrupt_media, fmt::format("{}", fmt::join(result.made->media.decode_notes, "; "))});
  else if (result.made)
    publish_timeline(self, job, *run.setup, *result.made);
  else if (result.reason.code != errc::cancelled)
    give_up(self, job, result.reason);
  else if (run.wish == job_action::cancel)
    end_job(self, job, job_state::cancelled, "cancelled while it was analyzed");
  else
    put_back(self, job.id,
             {run.wish ? "paused while it was analyzed" : "the daemon ended while it was analyzed", false, {}});
  if (!result.made && run.wish == job_action::pause)
    is_noted(jobs_of(self).pause(job.id, now()), job.id, "paused");
}

} // namespace timeloom::daemon_steps
