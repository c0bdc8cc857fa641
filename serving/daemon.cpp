#include "serving/daemon.hpp"

#include "actors/caf_error.hpp"
#include "analyzers/catalog.hpp"
#include "serving/archive.hpp"
#include "serving/earlier_result.hpp"
#include "serving/fail_point.hpp"
#include "serving/folder_walk.hpp"
#include "serving/job_json.hpp"
#include "serving/publication.hpp"
#include "serving/thumbnails.hpp"
#include "serving/upload.hpp"
#include "timeline/event_json.hpp"
#include "timeline/stamp.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using self_pointer = daemon_actor::stateful_pointer<daemon_state>;

constexpr auto check_interval = std::chrono::seconds{1};
constexpr auto coordinator_patience = std::chrono::seconds{30};
constexpr auto trim_interval = std::chrono::hours{1};
constexpr auto sweep_interval = std::chrono::minutes{1};
constexpr int looked_at = 64; // of the waiting jobs of each lane
constexpr int most_running = 1000;

wall_time now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

journal& jobs_of(self_pointer self) {
  return *self->state.with.jobs;
}

const daemon_setup& setup_of(self_pointer self) {
  return *self->state.with.setup;
}

/// Tells whoever listens how the job stands.
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

/// False, and a line in the log, when the journal did not take it.
bool is_noted(const expected<void>& noted, job_id id, std::string_view what) {
  if (!noted)
    spdlog::error("job {} could not be noted as {}: {}", id, what, one_line(noted.error().message));
  return noted.has_value();
}

/// Whether the video leaves its folder when the job is over. One for other analyzers than the configured ones leaves it
/// to the watch's own.
bool is_put_away(self_pointer self, const job_entry& job) {
  return setup_of(self).puts_away && job.moved_to.empty() && job.analyzers.empty() &&
         !watched_folder_of(setup_of(self), job.path).empty();
}

/// An upload whose job is over may be removed.
void look_at_uploads(self_pointer self, const job_entry& job) {
  if (lies_in(job.path, setup_of(self).upload_dir))
    self->state.swept = {};
}

/// running or publishing -> queued. When the journal cannot take it, that is tried again every second.
void put_back(self_pointer self, job_id id, daemon_state::put_back why) {
  const auto at = now();
  if (is_noted(jobs_of(self).retry_later(id, why.reason, why.charged, at + why.delay, at, why.version), id, "queued"))
    self->state.to_put_back.erase(id);
  else
    self->state.to_put_back[id] = std::move(why);
  tell(self, id);
}

void publish(self_pointer self, const job_entry& job, const job_ending& ending);

/// Without a result.
void end_job(self_pointer self, const job_entry& job, job_state state, const std::string& reason) {
  if (state != job_state::cancelled && is_put_away(self, job))
    return publish(self, job, {.state = state, .reason = reason});
  if (!is_noted(jobs_of(self).end(job.id, state, reason, now()), job.id, to_string(state)))
    return put_back(self, job.id, {reason, false, setup_of(self).retry_delay});
  spdlog::log(state == job_state::cancelled ? spdlog::level::info : spdlog::level::warn, "{}: {}: {}",
              one_line(job.path), to_string(state), one_line(reason));
  look_at_uploads(self, job);
  tell(self, job.id);
}

std::vector<output_format> formats_of(const job_entry& job) {
  std::vector<output_format> formats;
  for (const auto& name : job.formats)
    if (const auto format = output_format_from_string(name))
      formats.push_back(*format);
  return formats;
}

// -- what comes of an analysis ---------------------------------------------------------------------------------------

/// Names what was staged, puts the video away and closes the job. May be asked again after a crash at any moment.
void settle(self_pointer self, const job_entry& job) {
  if (!job.result.empty()) {
    if (auto named = name_result(job.result, formats_of(job), job.id); !named) {
      spdlog::error("{}", one_line(named.error().message));
      if (named.error().code != errc::not_found)
        return; // stays publishing, and is tried again
      return put_back(self, job.id,
                      {"its result was lost: " + named.error().message, false, setup_of(self).retry_delay});
    }
    fail_point("daemon.named");
  }
  std::string moved_to;
  if (is_put_away(self, job)) {
    const auto folder = watched_folder_of(setup_of(self), job.path);
    auto put = put_away({job.path, job.version}, folder, folder + (job.result.empty() ? "/failed" : "/done"));
    if (put)
      moved_to = std::move(*put);
    else
      spdlog::warn("{} stays where it is: {}", one_line(job.path), one_line(put.error().message));
    fail_point("daemon.put_away");
  }
  is_noted(jobs_of(self).settle(job.id, moved_to, now()), job.id, "over");
  const auto over = jobs_of(self).job(job.id);
  if (!over)
    return;
  spdlog::info("{}: {}{}", one_line(job.path), to_string(over->state),
               over->reason.empty() ? "" : ": " + one_line(over->reason));
  look_at_uploads(self, *over);
  tell(self, *over);
}

/// running -> publishing -> over
void publish(self_pointer self, const job_entry& job, const job_ending& ending) {
  if (!is_noted(jobs_of(self).publish(job.id, ending, now()), job.id, "published")) {
    drop_staged(ending.result, setup_of(self).formats, job.id);
    return put_back(self, job.id, {"its result could not be noted in the journal", false, setup_of(self).retry_delay});
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
  const auto later = [&](const error& reason) { put_back(self, job.id, {reason.message, false, setup.retry_delay}); };
  auto made = found;
  stamp(made.made, setup.program);
  const auto result = jobs_of(self).claim_result(job.path, wanted_result(setup, job));
  if (!result)
    return later(result.error());
  const auto json_sha256 = stage_result(made, *result, setup.formats, job.id);
  if (!json_sha256)
    return later(json_sha256.error());
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

/// The same content was analyzed before, in the same way.
void publish_copy(self_pointer self, const job_entry& job, const job_entry& earlier) {
  const auto& setup = setup_of(self);
  const auto result = jobs_of(self).claim_result(job.path, wanted_result(setup, job));
  const auto written = jobs_of(self).written(earlier.id);
  expected<void> staged = !result    ? tl::unexpected{result.error()}
                          : !written ? tl::unexpected{written.error()}
                                     : stage_copy(earlier.result, *result, formats_of(earlier), job.id);
  if (!staged)
    return put_back(self, job.id, {staged.error().message, false, setup.retry_delay});
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

void give_up(self_pointer self, const job_entry& job, const error& reason) {
  const auto& setup = setup_of(self);
  const auto found = look_at(place_of(job));
  if (found && found->version != job.version)
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

void answer_drained(self_pointer self) {
  if (!self->state.running.empty())
    return;
  for (auto& promise : self->state.drained)
    promise.deliver(true);
  self->state.drained.clear();
}

void start_jobs(self_pointer self);

void use_earlier(self_pointer self, job_id id);

/// Nothing works on the job any more.
void forget_running(self_pointer self, job_id id) {
  auto& running = self->state.running;
  running.erase(id);
  std::vector<job_id> waited;
  for (const auto& [other, job] : running)
    if (job.waits_for == id)
      waited.push_back(other);
  for (const auto other : waited)
    use_earlier(self, other);
  answer_drained(self);
  start_jobs(self);
}

void take_result(self_pointer self, const job_result& result) {
  const auto id = static_cast<job_id>(result.tag);
  const auto found = self->state.running.find(id);
  if (found == self->state.running.end())
    return;
  const auto [job, setup, sha256] = std::tuple{found->second.entry, found->second.setup, found->second.sha256};
  const auto wish = found->second.wish;
  if (result.made && !sha256.value_or("").empty() && sha256 != result.made->media.sha256)
    give_up(self, job, {errc::io, fmt::format("{} was another video than the one that was hashed", job.path)});
  else if (result.made && result.made->media.decode_errors > 0 && wait_for_rest(self, job))
    give_up(self, job, {errc::corrupt_media, fmt::format("{}", fmt::join(result.made->media.decode_notes, "; "))});
  else if (result.made)
    publish_timeline(self, job, *setup, *result.made);
  else if (result.reason.code != errc::cancelled)
    give_up(self, job, result.reason);
  else if (wish == job_action::cancel)
    end_job(self, job, job_state::cancelled, "cancelled while it was analyzed");
  else
    put_back(self, id, {wish ? "paused while it was analyzed" : "the daemon ended while it was analyzed", false, {}});
  if (!result.made && wish == job_action::pause)
    is_noted(jobs_of(self).pause(id, now()), id, "paused");
  forget_running(self, id);
}

// -- starting --------------------------------------------------------------------------------------------------------

/// A job that was stopped before its analysis began.
bool was_stopped(self_pointer self, job_id id) {
  const auto& job = self->state.running.at(id);
  if (!job.wish && !self->state.drain_until)
    return false;
  take_result(self, {static_cast<std::uint64_t>(id), nullptr, {errc::cancelled, ""}});
  return true;
}

void analyze(self_pointer self, job_id id) {
  auto& job = self->state.running.at(id);
  job.begun = true;
  auto request = job.setup->request;
  request.tag = static_cast<std::uint64_t>(id);
  request.path = place_of(job.entry);
  request.input = job.input;
  request.options = options_of(*job.setup, job.entry.path);
  request.analyzers = analyzers_of(*job.setup, job.entry);
  request.tells_finds = true;
  request.known = job.known;
  self->request(self->state.with.coordinator, coordinator_patience, submit_atom_v, std::move(request),
                listener_actor{self})
      .then(
          [self, id](std::uint64_t number) {
            if (const auto found = self->state.running.find(id); found != self->state.running.end()) {
              found->second.number = number;
              if (found->second.wish ||
                  (self->state.drain_until && *self->state.drain_until <= std::chrono::steady_clock::now()))
                self->send(self->state.with.coordinator, cancel_atom_v, number);
            }
          },
          [self, id](const caf::error& reason) {
            take_result(self, {static_cast<std::uint64_t>(id), nullptr, from_caf(reason)});
          });
}

/// What an earlier result has of the same content is not found again, and what another job finds now is waited for.
void use_earlier(self_pointer self, job_id id) {
  if (was_stopped(self, id))
    return;
  auto& job = self->state.running.at(id);
  job.waits_for.reset();
  if (job.sha256->empty())
    return analyze(self, id); // which says what is wrong with the file
  const auto finds_the_same = [&](const auto& one) { return one.second.begun && one.second.sha256 == job.sha256; };
  if (const auto twin = std::ranges::find_if(self->state.running, finds_the_same); twin != self->state.running.end()) {
    job.waits_for = twin->first;
    return;
  }
  if (const auto same = find_same_result(jobs_of(self), *job.setup, job.entry, *job.sha256)) {
    publish_copy(self, job.entry, *same);
    return forget_running(self, id);
  }
  job.known = find_known(jobs_of(self), *job.setup, job.entry, *job.sha256);
  analyze(self, id);
}

void hash(self_pointer self, job_id id) {
  auto& job = self->state.running.at(id);
  job.sha256.emplace();
  const auto take_hash = [self, id, input = job.input](const std::string& sha256) {
    const auto found = self->state.running.find(id);
    if (found == self->state.running.end() || found->second.input != input)
      return; // the attempt is over
    found->second.sha256 = sha256;
    if (!found->second.begun)
      use_earlier(self, id);
  };
  // Takes as long as the disk needs. A time-out would be kept, for each video, until its time has come.
  self->request(self->state.with.hasher, caf::infinite, hash_atom_v, job.input)
      .then(take_hash, [take_hash](const caf::error&) { take_hash({}); });
}

/// A video of the size of another one may be the same under another name: both are hashed before it is decoded.
void begin(self_pointer self, const job_entry& entry) {
  auto admitted = open_admitted(setup_of(self), place_of(entry));
  if (!admitted) // sent, so that a thousand such files are not a thousand calls deep
    return self->send(self, job_result{static_cast<std::uint64_t>(entry.id), nullptr, admitted.error()});
  auto& running = self->state.running;
  running.at(entry.id).input = std::make_shared<const input_file>(std::move(*admitted));
  bool is_alone = !jobs_of(self).has_result_of_size(entry.version.bytes).value_or(false);
  for (const auto& [id, job] : running) {
    if (id == entry.id || !job.input || job.entry.version.bytes != entry.version.bytes)
      continue;
    is_alone = false;
    if (!job.sha256)
      hash(self, id);
  }
  if (is_alone)
    return analyze(self, entry.id);
  hash(self, entry.id); // after the others, which are known then
}

void start_jobs(self_pointer self) {
  auto& state = self->state;
  while (!state.paused && !state.drain_until) {
    auto waiting = jobs_of(self).waiting(now(), looked_at);
    if (!waiting) {
      state.held = waiting.error().message;
      return;
    }
    auto room = measure_room(setup_of(self), static_cast<int>(state.running.size()));
    room.suspect_runs = std::ranges::any_of(state.running, [](const auto& one) { return one.second.entry.suspect; });
    const auto choice = choose_job(*waiting, room, setup_of(self).limits, now());
    state.held = choice.held;
    if (!choice.start)
      return;
    if (!is_noted(jobs_of(self).start(*choice.start, now()), *choice.start, "running"))
      return;
    const auto entry = jobs_of(self).job(*choice.start);
    if (!entry)
      return;
    auto& job = state.running[entry->id];
    job.entry = *entry;
    job.setup = state.with.setup;
    job.progress.attempt = entry->attempts + 1;
    tell(self, *entry);
    begin(self, *entry);
  }
}

// -- what a crash left, and what time brings -------------------------------------------------------------------------

void set_paused(daemon_state& state, bool paused) {
  state.paused = paused;
  state.held = paused ? "paused" : "";
}

void recover(self_pointer self) {
  const auto interrupted = jobs_of(self).jobs({.states = {job_state::running}, .before = {}, .limit = most_running});
  const auto publishing = jobs_of(self).recover(now());
  const auto paused = jobs_of(self).is_queue_paused();
  if (!publishing || !paused) {
    const auto& reason = publishing ? paused.error() : publishing.error();
    spdlog::error("the journal cannot be recovered: {}", one_line(reason.message));
    return self->quit(to_caf(reason));
  }
  set_paused(self->state, *paused);
  for (const auto& job : *publishing)
    settle(self, job);
  for (const auto& job : interrupted.value_or(std::vector<job_entry>{})) {
    if (const auto result = jobs_of(self).claim_result(job.path, wanted_result(setup_of(self), job)))
      drop_staged(*result, setup_of(self).formats, job.id); // it may not come so far again
    if (const auto now_is = jobs_of(self).job(job.id); now_is && now_is->interruptions >= most_interruptions)
      end_job(self, *now_is, job_state::quarantined,
              fmt::format("the daemon ended {} times while nothing else was analyzed", now_is->interruptions));
  }
}

void sweep(self_pointer self) {
  const auto& setup = setup_of(self);
  auto swept = sweep_uploads(setup.upload_dir, jobs_of(self), self->state.started, now() - setup.keep_uploads);
  if (!swept)
    spdlog::warn("{}", one_line(swept.error().message));
}

/// The pictures first: what a crash leaves is known by its job, and goes the next time.
void trim(self_pointer self) {
  const auto& setup = setup_of(self);
  const auto over = jobs_of(self).over_beyond(setup.keep_jobs);
  for (const auto id : over.value_or(std::vector<job_id>{}))
    if (auto removed = remove_thumbnails(setup.state_dir, id); !removed)
      spdlog::warn("{}", one_line(removed.error().message));
  if (auto trimmed = jobs_of(self).trim(setup.keep_jobs); !trimmed)
    spdlog::warn("{}", one_line(trimmed.error().message));
}

void check(self_pointer self) {
  auto& state = self->state;
  const auto steady = std::chrono::steady_clock::now();
  for (const auto& [id, why] : std::map{state.to_put_back})
    put_back(self, id, why);
  if (const auto stuck = jobs_of(self).jobs({.states = {job_state::publishing}, .before = {}, .limit = 16}))
    for (const auto& job : *stuck)
      settle(self, job);
  if (steady - state.trimmed > trim_interval) {
    state.trimmed = steady;
    trim(self);
  }
  if (steady - state.swept > sweep_interval) {
    state.swept = steady;
    sweep(self);
  }
  if (state.drain_until && *state.drain_until <= steady)
    for (const auto& [id, job] : state.running)
      if (job.number != 0)
        self->send(state.with.coordinator, cancel_atom_v, job.number);
  start_jobs(self);
}

// -- wishes ----------------------------------------------------------------------------------------------------------

caf::result<job_entry> entry_of(self_pointer self, job_id id) {
  auto entry = jobs_of(self).job(id);
  if (!entry)
    return to_caf(entry.error());
  return std::move(*entry);
}

/// Each once: jobs for the same analyzers are the same, however they were asked for.
std::vector<std::string> in_catalog_order(const std::vector<std::string>& analyzers) {
  std::vector<std::string> ordered;
  for (const auto& id : all_analyzer_ids())
    if (std::ranges::find(analyzers, id) != analyzers.end())
      ordered.push_back(id);
  return ordered;
}

caf::result<job_entry> submit(self_pointer self, const submission& wanted) {
  const auto& setup = setup_of(self);
  for (const auto& id : wanted.analyzers)
    if (auto known = check_analyzer(id); !known)
      return to_caf(known.error());
  const auto admitted = open_admitted(setup, wanted.path);
  if (!admitted)
    return to_caf(admitted.error());
  const auto seen = look_at(admitted->real_path);
  if (!seen)
    return to_caf(seen.error());
  auto added = jobs_of(self).add({{seen->path, seen->version, wanted.lane, in_catalog_order(wanted.analyzers)}}, now());
  if (!added)
    return to_caf(added.error());
  const auto& job = added->front();
  const bool has_result = job.state == job_state::done || job.state == job_state::partial;
  if (is_final(job.state) && !(has_result && result_key(setup, job, job.content_sha256) == job.result_key))
    if (auto again = jobs_of(self).retry(job.id, now()); !again)
      return to_caf(again.error());
  tell(self, job.id);
  start_jobs(self);
  return entry_of(self, job.id);
}

caf::result<job_entry> act(self_pointer self, const job_wish& wish) {
  auto& state = self->state;
  const auto running = state.running.find(wish.id);
  if (running != state.running.end() && (wish.action == job_action::cancel || wish.action == job_action::pause)) {
    running->second.wish = wish.action;
    if (running->second.number != 0)
      self->send(state.with.coordinator, cancel_atom_v, running->second.number);
    else if (!running->second.begun)
      was_stopped(self, wish.id);
    return entry_of(self, wish.id);
  }
  const auto done = [&]() -> expected<void> {
    switch (wish.action) {
    case job_action::cancel:
      return jobs_of(self).cancel(wish.id, now());
    case job_action::pause:
      return jobs_of(self).pause(wish.id, now());
    case job_action::resume:
      return jobs_of(self).resume(wish.id, now());
    case job_action::retry:
      return jobs_of(self).retry(wish.id, now());
    }
    return fail(errc::internal, "a job action that does not exist");
  }();
  if (!done)
    return to_caf(done.error());
  tell(self, wish.id);
  start_jobs(self);
  return entry_of(self, wish.id);
}

caf::result<bool> take_in(self_pointer self, const seen_files& files) {
  std::vector<new_job> seen;
  seen.reserve(files.size());
  for (const auto& file : files) {
    // One that was submitted as well may be over by now, and put away; one that has changed is told again.
    const auto found = look_at(file.path);
    if (found ? found->version == file.version : found.error().code != errc::not_found)
      seen.push_back({file.path, file.version, job_lane::batch, {}});
  }
  auto added = jobs_of(self).add(seen, now());
  if (!added)
    return to_caf(added.error());
  for (const auto& job : *added)
    tell(self, job);
  start_jobs(self);
  return true;
}

void tell_finds(self_pointer self, const job_finds& finds) {
  const auto id = static_cast<job_id>(finds.tag);
  if (!self->state.with.feed->is_heard(id))
    return;
  for (const auto& found : finds.events) {
    auto json = to_json(found);
    json["job"] = id;
    self->state.with.feed->publish(feed_kind::find, id, json_line(json));
  }
}

} // namespace

daemon_actor::behavior_type daemon(self_pointer self, daemon_start start) {
  self->state.with = std::move(start);
  self->state.started = now();
  self->state.trimmed = std::chrono::steady_clock::now();
  self->link_to(self->state.with.coordinator);
  recover(self);
  self->send(self, check_atom_v);
  return {
      [self](const job_progress& at) {
        const auto id = static_cast<job_id>(at.tag);
        const auto found = self->state.running.find(id);
        if (found == self->state.running.end())
          return;
        found->second.progress = {found->second.entry.attempts + 1, at.frames, to_seconds(at.time),
                                  to_seconds(at.duration)};
        self->state.with.feed->publish(feed_kind::progress, id, progress_text(id, found->second.progress));
      },
      [self](const job_finds& finds) { tell_finds(self, finds); },
      [self](const job_result& result) { take_result(self, result); },
      [self](seen_atom, const seen_files& files) { return take_in(self, files); },
      [self](submit_atom, const submission& wanted) { return submit(self, wanted); },
      [self](const job_wish& wish) { return act(self, wish); },
      [self](pause_atom, bool paused) -> caf::result<bool> {
        if (auto noted = jobs_of(self).pause_queue(paused); !noted)
          return to_caf(noted.error());
        set_paused(self->state, paused);
        start_jobs(self);
        return true;
      },
      [self](live_atom) {
        live_jobs live{{}, self->state.paused, self->state.held};
        for (const auto& [id, job] : self->state.running)
          live.progress[id] = job.progress;
        return live;
      },
      [self](drain_atom, caf::timespan grace) -> caf::result<bool> {
        if (!self->state.drain_until)
          self->state.drain_until = std::chrono::steady_clock::now() + grace;
        if (self->state.running.empty())
          return true;
        self->state.drained.push_back(self->make_response_promise<bool>());
        return self->state.drained.back();
      },
      [self](reload_atom, const shared_setup& setup) {
        self->state.with.setup = setup;
        start_jobs(self);
      },
      [self](check_atom) {
        check(self);
        self->delayed_send(self, check_interval, check_atom_v);
      },
  };
}

} // namespace timeloom
