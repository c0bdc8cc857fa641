#include "actors/job.hpp"

#include "actors/caf_error.hpp"
#include "analyzers/catalog.hpp"
#include "analyzers/sampled_analyzer.hpp"
#include "analyzers/scene_questions.hpp"
#include "media/input_file.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using self_pointer = job_actor::stateful_pointer<job_state>;

constexpr int least_in_flight = 2;                                 // one is looked at while the next is on its way
constexpr auto progress_interval = std::chrono::milliseconds{100}; // a listener may be as slow as a terminal
constexpr auto coordinator_patience = std::chrono::seconds{10};

analyzer_report ended_report(const std::string& analyzer, analyzer_status status, const std::string& reason) {
  analyzer_report report;
  report.id = analyzer;
  report.status = status;
  report.reason = reason;
  return report;
}

/// Ends the sessions that have no result.
void drop_consumers(self_pointer self) {
  for (auto& consumer : self->state.consumers)
    if (!std::exchange(consumer.over, true))
      self->send(consumer.link, cancel_atom_v, consumer.session);
}

void end_with(self_pointer self, job_result result) {
  auto& state = self->state;
  result.tag = state.options.request.tag;
  self->send(state.options.listener, std::move(result));
  drop_consumers(self);
  if (state.media) {
    self->send(state.media, cancel_atom_v, state.options.number);
    self->send(state.options.coordinator, release_atom_v, state.options.number);
  }
  self->quit();
}

void fail_job(self_pointer self, error reason) {
  end_with(self, {0, nullptr, std::move(reason)});
}

void conclude(self_pointer self);

/// Nothing more can come of this stage. What an earlier one finished is kept.
void fail_stage(self_pointer self, error reason) {
  auto& state = self->state;
  if (state.record.attempt() == 1 && !state.record.is_at_scenes())
    return fail_job(self, std::move(reason));
  const auto open = state.record.open_analyzers();
  if (state.record.is_at_scenes() && reason.code != errc::worker_lost) // another attempt would fail likewise
    for (const auto& id : open)
      state.record.report(ended_report(id, analyzer_status::failed, reason.message));
  else
    state.record.lose(open, reason.message);
  drop_consumers(self);
  conclude(self);
}

void ask_for_media(self_pointer self) {
  self->send(self->state.options.coordinator, acquire_atom_v, self->state.options.number);
}

/// The stage is over: the next one, another attempt, or the result.
void conclude(self_pointer self) {
  auto& state = self->state;
  if (state.record.begin_scenes())
    return ask_for_media(self);
  if (state.record.begin_attempt()) {
    spdlog::warn("{}: attempt {} runs {}", one_line(state.options.request.path), state.record.attempt(),
                 fmt::join(state.record.open_analyzers(), ", "));
    return ask_for_media(self);
  }
  auto made = std::move(state.record).finish();
  if (!made)
    return fail_job(self, made.error());
  made->media.path = state.options.request.path;
  made->made.attempts = state.record.attempt();
  made->made.configuration = state.options.request.configuration;
  made->made.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - state.started).count();
  end_with(self, {0, std::make_shared<const timeline>(std::move(*made)), {}});
}

void conclude_if_over(self_pointer self) {
  const auto& state = self->state;
  if (state.media_over &&
      std::all_of(state.consumers.begin(), state.consumers.end(), [](const auto& c) { return c.over; }))
    conclude(self);
}

void give_credit(self_pointer self, const std::vector<int>& slots) {
  if (!slots.empty() && self->state.media)
    self->send(self->state.media, credit_atom_v, self->state.options.number,
               std::vector<std::int32_t>(slots.begin(), slots.end()));
}

/// The consumer gives nothing more, and the record knows how it ended.
void retire_consumer(self_pointer self, int number) {
  auto& state = self->state;
  state.consumers[static_cast<std::size_t>(number)].over = true;
  give_credit(self, state.frames->drop(number));
  conclude_if_over(self);
}

/// It is through.
void close_consumer(self_pointer self, int number) {
  auto& state = self->state;
  state.record.report(state.consumers[static_cast<std::size_t>(number)].report);
  retire_consumer(self, number);
}

/// Its worker was lost.
void lose_consumer(self_pointer self, int number, const caf::error& reason) {
  auto& state = self->state;
  const bool blameless = is_blameless(reason);
  state.alone |= blameless;
  state.record.lose({state.consumers[static_cast<std::size_t>(number)].analyzer}, from_caf(reason).message,
                    blameless ? job_record::blame::unknown : job_record::blame::own);
  retire_consumer(self, number);
}

void fail_consumer(self_pointer self, int number, const caf::error& reason) {
  auto& consumer = self->state.consumers[static_cast<std::size_t>(number)];
  if (consumer.over)
    return;
  if (consumer.link) // the worker may still hold the session, and its ring
    self->send(consumer.link, cancel_atom_v, consumer.session);
  const auto cause = from_caf(reason);
  if (cause.code == errc::worker_lost || cause.code == errc::timeout)
    return lose_consumer(self, number, reason);
  // Missing models and languages are nothing that went wrong: the analyzer cannot run here.
  consumer.report.status = cause.code == errc::not_found ? analyzer_status::skipped : analyzer_status::failed;
  consumer.report.reason = cause.message;
  close_consumer(self, number);
}

/// Whether what came back belongs to the attempt that is still running.
bool is_current(const job_state& state, int number, std::uint64_t session) {
  return static_cast<std::size_t>(number) < state.consumers.size() &&
         state.consumers[static_cast<std::size_t>(number)].session == session &&
         !state.consumers[static_cast<std::size_t>(number)].over;
}

/// Keeps what was found, and tells a listener that wants to hear of it.
void keep_finds(self_pointer self, std::vector<event> events) {
  auto& state = self->state;
  if (state.options.request.tells_finds && !events.empty())
    self->send(state.options.listener, job_finds{state.options.request.tag, events});
  state.record.add(std::move(events));
}

void take_result(self_pointer self, job_state::consumer& consumer, batch_result& result) {
  consumer.report.seconds += result.seconds;
  consumer.bad_frames += static_cast<std::int64_t>(result.frame_errors.size());
  if (consumer.first_bad_frame.empty() && !result.frame_errors.empty())
    consumer.first_bad_frame = result.frame_errors.front();
  consumer.finds += static_cast<std::int64_t>(result.events.size());
  keep_finds(self, std::move(result.events));
}

void finish_consumer(self_pointer self, int number) {
  auto& state = self->state;
  auto& consumer = state.consumers[static_cast<std::size_t>(number)];
  if (consumer.over || consumer.finishing || !state.media_over || state.frames->is_busy(number))
    return;
  consumer.finishing = true;
  const auto session = consumer.session;
  self->request(consumer.link, caf::infinite, finish_atom_v, session)
      .then(
          [self, number, session](batch_result& result) {
            if (!is_current(self->state, number, session))
              return;
            auto& done = self->state.consumers[static_cast<std::size_t>(number)];
            take_result(self, done, result);
            const auto& at = self->state;
            if (done.bad_frames > 0 && !at.questions.empty()) {
              done.report.status = done.finds == 0 ? analyzer_status::failed : analyzer_status::partial;
              done.report.reason = fmt::format("pictures or captions are missing: {}, the first {}", done.bad_frames,
                                               done.first_bad_frame);
            } else if (done.bad_frames > 0) {
              done.report.status =
                  done.bad_frames == done.report.frames ? analyzer_status::failed : analyzer_status::partial;
              done.report.reason = fmt::format("{} of {} frames failed, the first {}", done.bad_frames,
                                               done.report.frames, done.first_bad_frame);
            } else if (!at.left_out.empty()) {
              done.report.status = analyzer_status::partial;
              done.report.reason = at.left_out;
            }
            close_consumer(self, number);
          },
          [self, number, session](caf::error& reason) {
            if (is_current(self->state, number, session))
              fail_consumer(self, number, reason);
          });
}

/// Hands the consumer what it may have now.
void feed(self_pointer self, int number) {
  auto& state = self->state;
  auto& consumer = state.consumers[static_cast<std::size_t>(number)];
  if (consumer.over)
    return;
  for (const auto& frame : state.frames->take(number)) {
    const auto session = consumer.session;
    const int slot = frame.slot;
    frame_batch batch{session,
                      {{slot, frame.at.index, frame.at.time.count(), frame.size.width, frame.size.height,
                        static_cast<std::uint8_t>(frame.format)}}};
    ++consumer.report.frames;
    self->request(consumer.link, caf::infinite, frames_atom_v, std::move(batch))
        .then(
            [self, number, session, slot](batch_result& result) {
              if (!is_current(self->state, number, session))
                return;
              take_result(self, self->state.consumers[static_cast<std::size_t>(number)], result);
              give_credit(self, self->state.frames->complete(number, {slot}));
              feed(self, number);
            },
            [self, number, session](caf::error& reason) {
              if (is_current(self->state, number, session))
                fail_consumer(self, number, reason);
            });
  }
  finish_consumer(self, number);
}

void open_session(self_pointer self, int number) {
  auto& state = self->state;
  auto& consumer = state.consumers[static_cast<std::size_t>(number)];
  const auto session = consumer.session;
  const auto on_error = [self, number, session](caf::error& reason) {
    if (is_current(self->state, number, session))
      fail_consumer(self, number, reason);
  };
  self->request(state.options.coordinator, coordinator_patience, link_atom_v, session, consumer.analyzer)
      .then(
          [self, number, session, on_error](const analysis_link_actor& link) {
            auto& at = self->state;
            if (!is_current(at, number, session))
              return;
            auto& waiting = at.consumers[static_cast<std::size_t>(number)];
            waiting.link = link;
            session_spec spec{session,          session >> 8,
                              at.shape.slots,   at.shape.slot_bytes,
                              waiting.analyzer, at.options.request.options,
                              at.questions,     at.alone};
            self->request(link, caf::infinite, session_atom_v, std::move(spec), at.ring)
                .then(
                    [self, number, session](session_opened& opened) {
                      if (!is_current(self->state, number, session))
                        return;
                      auto& report = self->state.consumers[static_cast<std::size_t>(number)].report;
                      report.backend = std::move(opened.backend);
                      report.device = std::move(opened.device);
                      self->state.frames->open(number);
                      feed(self, number);
                    },
                    on_error);
          },
          on_error);
}

/// What is asked about the scenes, and which of them are left out.
void plan_questions(job_state& state) {
  state.questions.clear();
  state.left_out.clear();
  if (!state.record.is_at_scenes())
    return;
  const auto scenes = state.record.scenes();
  state.questions = scene_questions(scenes, state.options.request.options.scene_caption);
  if (const auto last = state.questions.back().scene; last != scenes.back().number)
    state.left_out = fmt::format("scenes after number {} of {} are too many", last, scenes.back().number);
}

/// The media worker does nothing more for this attempt.
void end_media(self_pointer self) {
  auto& state = self->state;
  state.media = nullptr;
  state.media_over = true;
  self->send(state.options.coordinator, release_atom_v, state.options.number);
}

/// Opens what is analyzed, once: later attempts and stages see the same file, whatever has its name by then.
expected<void> open_once(job_state& state) {
  if (state.input)
    return {};
  auto opened = open_input(state.options.request.path, state.options.request.root);
  if (!opened)
    return tl::unexpected{opened.error()};
  state.input = std::make_shared<const input_file>(std::move(*opened));
  return {};
}

/// Plans the stage and puts the media worker to it.
void start_stage(self_pointer self, const media_link_actor& media) {
  auto& state = self->state;
  const auto& request = state.options.request;
  if (auto opened = open_once(state); !opened) {
    end_media(self);
    return fail_stage(self, opened.error());
  }
  state.media = media;
  state.media_over = false;
  state.fused.clear();
  state.consumers.clear();
  ++state.stages;
  plan_questions(state);
  media_order order;
  std::int64_t slot_bytes = 0;
  std::vector<int> in_flight; // by consumer
  for (const auto& id : state.record.open_analyzers()) {
    const auto site = request.without_model.contains(id) ? analyzer_site::sampled : find_analyzer(id)->site;
    if (site == analyzer_site::fused) {
      state.fused.push_back(id);
      continue;
    }
    const auto demand = demand_of(id, site, request.options);
    order.consumers.push_back({id, demand.rate_hz, demand.shape});
    slot_bytes = std::max(slot_bytes, largest_bytes(demand.shape));
    job_state::consumer consumer;
    consumer.analyzer = consumer.report.id = id;
    consumer.report.device = "cpu";
    const auto bound = state.options.frames_in_flight.find(id);
    in_flight.push_back(bound != state.options.frames_in_flight.end() ? bound->second : least_in_flight);
    consumer.report.rate_hz = demand.rate_hz;
    const auto number = state.consumers.size();
    consumer.session = (state.options.number << 16) | (state.stages << 8) | number;
    state.consumers.push_back(std::move(consumer));
  }
  // Beyond what the consumers look at, some pictures wait for them.
  int slots = state.consumers.empty() ? 0 : state.options.frame_slots;
  for (const int frames : in_flight)
    slots += std::max(0, frames - least_in_flight);
  slots = std::min(slots, most_slots(slot_bytes)); // fewer only make smaller batches
  state.frames.emplace(slots, in_flight);
  state.shape = {slot_bytes, slots};
  state.ring = nullptr;
  if (slots > 0) {
    auto memory = create_ring_memory(state.shape);
    if (!memory) {
      end_media(self);
      return fail_stage(self, memory.error());
    }
    state.ring = std::make_shared<const unique_fd>(std::move(*memory));
  }
  order.job = state.options.number;
  order.name = request.path;
  order.is_folder = state.input->is_folder;
  order.analyzers = state.fused;
  order.frames = frames_of(state.questions);
  order.options = request.options;
  order.source = request.source;
  order.ring = state.shape;
  self->send(media, assign_atom_v,
             media_assignment{std::move(order), shared_fd{state.input, &state.input->fd}, state.ring, job_actor{self}});
  for (std::size_t i = 0; i < state.consumers.size(); ++i)
    open_session(self, static_cast<int>(i));
}

void handle_report(self_pointer self, const media_report& report) {
  auto& state = self->state;
  if (!state.media)
    return;
  if (const auto* progress = std::get_if<media_progress>(&report)) {
    const auto now = std::chrono::steady_clock::now();
    if (now - state.progress_told < progress_interval)
      return;
    state.progress_told = now;
    self->send(state.options.listener, job_progress{state.options.request.tag, state.record.attempt(), progress->frames,
                                                    progress->time, progress->duration});
  } else if (const auto* frame = std::get_if<media_frame>(&report)) {
    auto freed = state.frames->announce(*frame);
    if (!freed)
      return fail_job(self, freed.error());
    give_credit(self, *freed);
    for (const int consumer : frame->consumers)
      feed(self, consumer);
  } else if (const auto* finds = std::get_if<media_finds>(&report)) {
    keep_finds(self, finds->events);
    state.record.add(finds->scenes);
  } else if (const auto* failed = std::get_if<media_failed>(&report)) {
    end_media(self);
    fail_stage(self, failed->reason);
  } else if (const auto* finished = std::get_if<media_finished>(&report)) {
    end_media(self);
    state.record.set_facts(finished->facts, finished->libraries);
    for (const auto& one : finished->reports)
      if (std::find(state.fused.begin(), state.fused.end(), one.id) != state.fused.end())
        state.record.report(one);
    for (std::size_t i = 0; i < state.consumers.size(); ++i)
      finish_consumer(self, static_cast<int>(i));
    conclude_if_over(self);
  }
}

void lose_media(self_pointer self, const std::string& reason, bool blameless) {
  auto& state = self->state;
  if (!state.media)
    return;
  end_media(self);
  state.record.lose(state.record.open_analyzers(), reason,
                    blameless ? job_record::blame::unknown : job_record::blame::own);
  drop_consumers(self); // nobody got all of the pictures: their sessions begin again with the next attempt
  conclude(self);
}

/// What is known from the start: what an earlier analysis gave, and what cannot run here.
void take_known(job_state& state) {
  if (state.options.request.known)
    state.record.keep(*state.options.request.known);
  for (const auto& [analyzer, reason] : state.options.request.skipped)
    state.record.report(ended_report(analyzer, analyzer_status::skipped, reason));
}

} // namespace

job_actor::behavior_type job(self_pointer self, job_options options) {
  self->state.options = std::move(options);
  const auto& request = self->state.options.request;
  self->state.input = request.input;
  auto analyzers = request.analyzers;
  std::erase_if(analyzers, [&](const auto& id) { return request.skipped.contains(id); });
  const bool looks_for_scenes = request.scenes.empty() && with_needed(analyzers) != analyzers;
  self->state.record =
      job_record{looks_for_scenes ? with_needed(request.analyzers) : request.analyzers, request.scenes};
  self->state.record.begin_attempt();
  take_known(self->state);
  if (request.known && self->state.record.open_analyzers().empty())
    conclude(self);
  else
    ask_for_media(self);
  return {
      [self](granted_atom, const media_link_actor& media) { start_stage(self, media); },
      [self](const shared_report& report) { handle_report(self, *report); },
      [self](lost_atom, const std::string& reason, bool blameless) { lose_media(self, reason, blameless); },
      [self](cancel_atom) {
        fail_job(self, {errc::cancelled, "the analysis was cancelled"});
      },
  };
}

} // namespace timeloom
