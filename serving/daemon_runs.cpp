#include "serving/daemon_runs.hpp"

#include "actors/caf_error.hpp"
#include "serving/earlier_result.hpp"
#include "serving/publication.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace timeloom::daemon_steps {

namespace {

constexpr auto coordinator_patience = std::chrono::seconds{30};
constexpr auto longest_refusal = std::chrono::seconds{60};
constexpr int looked_at = 64; // of the waiting jobs of each lane

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

/// Asked before each start, so that nothing is decoded for a result that cannot be kept.
bool takes_results(self_pointer self) {
  auto& refusal = self->state.refusal;
  if (refusal && refusal->left.count() > 0)
    return false;
  const auto checked = check_output(setup_of(self).output_dir);
  if (checked) {
    if (refusal)
      spdlog::info("results can be written again");
    refusal.reset();
    return true;
  }
  if (!refusal)
    spdlog::warn("nothing starts, because no result can be kept: {}", one_line(checked.error().message));
  const auto delay = refusal ? std::min(refusal->delay * 2, longest_refusal) : std::chrono::seconds{1};
  refusal = {.held = "waits: no result can be kept: " + checked.error().message, .delay = delay, .left = delay};
  return false;
}

} // namespace

void take_result(self_pointer self, const job_result& result) {
  const auto id = static_cast<job_id>(result.tag);
  const auto found = self->state.running.find(id);
  if (found == self->state.running.end())
    return;
  conclude(self, found->second, result);
  forget_running(self, id);
}

bool was_stopped(self_pointer self, job_id id) {
  const auto& job = self->state.running.at(id);
  if (!job.wish && !self->state.drain_until)
    return false;
  take_result(self, {static_cast<std::uint64_t>(id), nullptr, {errc::cancelled, ""}});
  return true;
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
    if (state.moves.size() >= most_moves) {
      state.held = fmt::format("waits: {} videos are being moved", state.moves.size());
      return;
    }
    if (!takes_results(self)) {
      state.held = state.refusal->held;
      return;
    }
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

} // namespace timeloom::daemon_steps
