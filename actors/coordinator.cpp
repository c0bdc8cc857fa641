#include "actors/coordinator.hpp"

#include "actors/caf_error.hpp"
#include "actors/job.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using self_pointer = coordinator_actor::stateful_pointer<coordinator_state>;

std::map<std::string, int> frames_in_flight(const coordinator_options& options) {
  std::map<std::string, int> frames;
  for (const auto& group : options.analysis)
    frames.insert(group.analyzers.begin(), group.analyzers.end());
  return frames;
}

/// Workers that may still be in cancelled work come last.
void grant(self_pointer self) {
  auto& state = self->state;
  while (!state.waiting.empty()) {
    const auto best = std::ranges::min_element(state.media, {}, [](const auto& seat) {
      return std::pair{seat.job != 0, seat.was_cancelled};
    });
    if (best == state.media.end() || best->job != 0)
      return;
    auto& seat = *best;
    seat.was_cancelled = false;
    seat.job = state.waiting.front();
    state.waiting.pop_front();
    auto& job = state.jobs.at(seat.job);
    job.begun = true;
    self->send(job.actor, granted_atom_v, seat.link);
  }
}

void forget(self_pointer self, std::uint64_t job) {
  auto& state = self->state;
  state.jobs.erase(job);
  std::erase(state.waiting, job);
  for (auto& seat : state.media)
    if (seat.job == job)
      seat.job = 0;
  for (auto& seat : state.analysis)
    std::erase(seat.jobs, job);
  grant(self);
}

/// Metrics of some workers, while the others are waited for.
struct open_report {
  metrics_report report;
  std::size_t missing = 0;
  caf::typed_response_promise<metrics_report> answer;

  void close_one() {
    if (--missing == 0)
      answer.deliver(std::move(report));
  }
};

/// Asks `link` for the metrics of `worker`, which go to the end of `list`.
template <class Link>
void ask_one(self_pointer self, const std::shared_ptr<open_report>& open,
             std::vector<worker_metrics> metrics_report::*list, const Link& link, worker_metrics worker) {
  auto& workers = open->report.*list;
  const auto place = workers.size();
  workers.push_back(std::move(worker));
  ++open->missing;
  self->request(link, caf::infinite, metrics_atom_v) // the link has a time-out for its worker
      .then(
          [open, list, place](metric_set& found) {
            (open->report.*list)[place].metrics = std::move(found);
            open->close_one();
          },
          [open, list, place](caf::error& reason) {
            (open->report.*list)[place].problem = from_caf(reason).message;
            open->close_one();
          });
}

caf::result<metrics_report> ask_for_metrics(self_pointer self) {
  const auto& state = self->state;
  const auto open = std::make_shared<open_report>();
  if (state.media.empty() && state.analysis.empty())
    return open->report;
  open->answer = self->make_response_promise<metrics_report>();
  for (std::size_t i = 0; i < state.media.size(); ++i)
    ask_one(self, open, &metrics_report::media, state.media[i].link,
            {.worker = fmt::format("media worker {}", i + 1),
             .metrics = {},
             .problem = {},
             .device = state.options.media[i].device,
             .sessions = state.media[i].job != 0 ? std::size_t{1} : 0});
  std::map<std::size_t, int> numbers;
  for (const auto& seat : state.analysis) {
    const auto& group = state.options.analysis[seat.group];
    const int number = ++numbers[seat.group];
    ask_one(self, open, &metrics_report::workers, seat.link,
            {.worker = group.workers > 1 ? fmt::format("{} {}", group.name, number) : group.name,
             .metrics = {},
             .problem = {},
             .device = group.device,
             .sessions = seat.jobs.size()});
  }
  return open->answer;
}

} // namespace

coordinator_actor::behavior_type coordinator(self_pointer self, coordinator_options options) {
  auto& state = self->state;
  state.options = std::move(options);
  // Linked: they end with the coordinator, and it with them.
  for (auto worker : state.options.media) {
    worker.decoding = state.options.decoding;
    state.media.push_back({self->spawn<caf::linked>(media_link, std::move(worker))});
  }
  for (std::size_t group = 0; group < state.options.analysis.size(); ++group)
    for (int i = 0; i < state.options.analysis[group].workers; ++i)
      state.analysis.push_back(
          {self->spawn<caf::linked>(analysis_link, state.options.analysis[group].link), group, {}});
  self->set_down_handler([self](const caf::down_msg& down) {
    const auto& jobs = self->state.jobs;
    const auto ended =
        std::find_if(jobs.begin(), jobs.end(), [&](const auto& job) { return job.second.actor == down.source; });
    if (ended == jobs.end())
      return;
    // A job that ends by itself has told its listener how; one that failed could not.
    if (down.reason)
      self->send(ended->second.listener,
                 job_result{ended->second.tag,
                            nullptr,
                            {errc::internal, "the analysis ended by a fault: " + from_caf(down.reason).message}});
    forget(self, ended->first);
  });
  self->set_exit_handler([self](const caf::exit_msg& exit) {
    if (exit.reason && exit.reason != caf::exit_reason::user_shutdown)
      spdlog::error("everything under way is cancelled, because a part of it failed: {}",
                    from_caf(exit.reason).message);
    for (const auto& [number, job] : self->state.jobs)
      self->send(job.actor, cancel_atom_v);
    self->quit(exit.reason);
  });
  return {
      [self](submit_atom, analysis_request& request, const listener_actor& listener) {
        auto& at = self->state;
        const auto number = ++at.last_job;
        const auto tag = request.tag;
        const auto actor =
            self->spawn<caf::monitored>(job, job_options{.number = number,
                                                         .request = std::move(request),
                                                         .listener = listener,
                                                         .coordinator = self,
                                                         .frame_slots = at.options.frame_slots,
                                                         .frames_in_flight = frames_in_flight(at.options)});
        at.jobs[number] = {.actor = actor, .listener = listener, .tag = tag};
        return number;
      },
      [self](cancel_atom, std::uint64_t job) {
        if (const auto found = self->state.jobs.find(job); found != self->state.jobs.end())
          self->send(found->second.actor, cancel_atom_v);
        for (auto& seat : self->state.media)
          seat.was_cancelled = seat.was_cancelled || seat.job == job;
      },
      [self](acquire_atom, std::uint64_t job) {
        const auto found = self->state.jobs.find(job);
        if (found == self->state.jobs.end())
          return;
        if (found->second.begun) // what it has found is held meanwhile
          self->state.waiting.push_front(job);
        else
          self->state.waiting.push_back(job);
        grant(self);
      },
      [self](release_atom, std::uint64_t job) {
        for (auto& seat : self->state.media)
          if (seat.job == job)
            seat.job = 0;
        grant(self);
      },
      [self](link_atom, std::uint64_t session, const std::string& analyzer) -> caf::result<analysis_link_actor> {
        auto& at = self->state;
        coordinator_state::analysis_seat* least = nullptr;
        for (auto& seat : at.analysis)
          if (at.options.analysis[seat.group].analyzers.contains(analyzer) &&
              (!least || seat.jobs.size() < least->jobs.size()))
            least = &seat;
        if (!least)
          return to_caf({errc::not_found, "no worker of this host runs " + analyzer});
        least->jobs.push_back(job_of_session(session));
        return least->link;
      },
      [self](metrics_atom) { return ask_for_metrics(self); },
  };
}

} // namespace timeloom
