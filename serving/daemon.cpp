#include "serving/daemon.hpp"

#include "actors/caf_error.hpp"
#include "analyzers/catalog.hpp"
#include "serving/daemon_moves.hpp"
#include "serving/daemon_runs.hpp"
#include "serving/earlier_result.hpp"
#include "serving/job_json.hpp"
#include "serving/publication.hpp"
#include "serving/seen_file.hpp"
#include "serving/thumbnails.hpp"
#include "serving/upload.hpp"
#include "timeline/event_json.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

namespace timeloom {

using namespace daemon_steps;

namespace {

constexpr auto check_interval = std::chrono::seconds{1};
constexpr auto trim_interval = std::chrono::hours{1};
constexpr auto sweep_interval = std::chrono::minutes{1};
constexpr int most_running = 1000;

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
      drop_staged(*result, job.id); // it may not come so far again
    if (const auto now_is = jobs_of(self).job(job.id); now_is && now_is->interruptions >= most_interruptions)
      end_job(self, *now_is, job_state::quarantined,
              fmt::format("the daemon ended {} times while nothing else was analyzed", now_is->interruptions));
  }
}

/// Those that are not analyzed yet would not be any more: the next start has them.
void stop_before_analysis(self_pointer self) {
  std::vector<job_id> not_begun;
  for (const auto& [id, job] : self->state.running)
    if (!job.begun)
      not_begun.push_back(id);
  for (const auto id : not_begun)
    if (self->state.running.contains(id)) // one may have waited for another
      was_stopped(self, id);
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
  count_down_moves(self, check_interval);
  const int looked_at = 16 + static_cast<int>(state.moves.size()); // those hide nothing that is older
  if (const auto stuck = jobs_of(self).jobs({.states = {job_state::publishing}, .before = {}, .limit = looked_at}))
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
  answer_drained(self);
  if (state.refusal)
    state.refusal->left -= check_interval;
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
  const bool is_up_to_date = (job.state == job_state::done || job.state == job_state::partial) &&
                             result_key(setup, job, job.content_sha256) == job.result_key && has_formats(setup, job);
  if (is_final(job.state) && !is_up_to_date) // which builds on what is known
    if (auto again = jobs_of(self).retry(job.id, now(), job.analyzers); !again)
      return to_caf(again.error());
  tell(self, job.id);
  start_jobs(self);
  return entry_of(self, job.id);
}

caf::result<job_entry> act(self_pointer self, const job_wish& wish) {
  auto& state = self->state;
  state.uncharged.erase(wish.id);
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
  // Without one of them no job would end as it should.
  self->link_to(self->state.with.coordinator);
  self->link_to(self->state.with.hasher);
  self->link_to(self->state.with.mover);
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
        stop_before_analysis(self);
        auto answer = self->state.drained.emplace_back(self->make_response_promise<bool>());
        answer_drained(self);
        return answer;
      },
      [self](reload_atom, const shared_setup& setup) {
        self->state.with.setup = setup;
        self->state.refusal.reset();
        start_jobs(self);
      },
      [self](check_atom) {
        check(self);
        self->delayed_send(self, check_interval, check_atom_v);
      },
  };
}

} // namespace timeloom