#include "actors/media_link.hpp"

#include "actors/restart_delay.hpp"
#include "timeline/json_members.hpp"
#include "timeline/utf8.hpp"

#include <algorithm>
#include <caf/send.hpp>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using self_pointer = media_link_actor::stateful_pointer<media_link_state>;

constexpr auto check_interval = std::chrono::seconds{1};
constexpr auto leave_patience = std::chrono::seconds{2}; // of work that was cancelled
constexpr auto idle_timeout = std::chrono::seconds{2};   // of a worker that may use a GPU

void end_worker(media_link_state& state) {
  state.reader.reset();
  state.channel.reset();
  state.process.end();
  state.ending.reset();
  ++state.generation;
}

/// Goes on with what was held.
void take_held(self_pointer self) {
  self->send(self, lost_atom_v, self->state.generation);
}

/// Ends the process and tells the job, if there is one, why. Then the next is not started at once.
void lose_worker(self_pointer self, const std::string& reason, bool blameless = false) {
  auto& state = self->state;
  end_worker(state);
  ++state.lost;
  spdlog::warn("media worker: {}", one_line(reason));
  if (!state.current)
    return;
  self->send(state.current->actor, lost_atom_v, "the media worker " + reason, blameless);
  state.current.reset();
  state.resting = true;
  self->delayed_send(self, restart_delay(state.options.rest, state.idle_losses++), lost_atom_v, state.generation);
}

expected<void> start_worker(self_pointer self) {
  auto& state = self->state;
  auto ends = record_channel::create_pair();
  if (!ends)
    return tl::unexpected{ends.error()};
  std::vector<unique_fd> inherited;
  inherited.emplace_back(ends->second.release());
  auto process = worker_process::start(state.options.worker, std::move(inherited));
  if (!process)
    return tl::unexpected{process.error()};
  state.process = std::move(*process);
  state.channel = std::make_unique<record_channel>(std::move(ends->first));
  state.greeted = false;
  const auto generation = ++state.generation;
  const media_link_actor link{self};
  state.reader = std::make_unique<record_reader>(
      *state.channel,
      [link, generation](received_record record) {
        caf::anon_send(link, record_atom_v, generation, std::make_shared<received_record>(std::move(record)));
      },
      [link, generation](std::string reason) { caf::anon_send(link, lost_atom_v, generation, std::move(reason)); });
  return {};
}

/// It does not take what is sent. One that has died shows so before its reader tells: then by how it ended.
void lose_deaf_worker(self_pointer self, std::string_view what, const error& reason) {
  lose_worker(self, reason.code == errc::worker_lost ? self->state.process.end(std::chrono::seconds{1})
                                                     : fmt::format("{}: {}", what, reason.message));
}

std::optional<std::uint64_t> job_of(const media_report& report) {
  return std::visit(
      [](const auto& one) -> std::optional<std::uint64_t> {
        if constexpr (requires { one.job; })
          return one.job;
        else
          return std::nullopt;
      },
      report);
}

/// A picture must fit a slot that is the worker's to fill, and be for consumers that exist.
expected<void> check_frame(media_link_state::assigned& current, const media_frame& frame) {
  const auto bytes = std::int64_t{frame.size.width} * frame.size.height * bytes_per_pixel(frame.format);
  if (bytes > current.slot_bytes)
    return fail(errc::protocol, "sent a picture of {}x{}, which no slot of {} bytes holds", frame.size.width,
                frame.size.height, current.slot_bytes);
  const auto slot = static_cast<std::size_t>(frame.slot);
  if (slot >= current.filled.size() || current.filled[slot])
    return fail(errc::protocol, "filled slot {} of {}, which was not its to fill", frame.slot, current.filled.size());
  current.filled[slot] = true;
  if (current.latest && (frame.at.index < current.latest->index || frame.at.time < current.latest->time))
    return fail(errc::protocol, "sent frame {} after frame {}", frame.at.index, current.latest->index);
  current.latest = frame.at;
  std::vector<bool> named(current.consumers);
  for (const int consumer : frame.consumers) {
    const auto number = static_cast<std::size_t>(consumer);
    if (number >= named.size() || named[number])
      return fail(errc::protocol, "sent a picture for consumer {}, named twice or not there", consumer);
    named[number] = true;
  }
  return {};
}

bool is_fused(const media_link_state::assigned& current, std::string_view analyzer) {
  return std::find(current.fused.begin(), current.fused.end(), analyzer) != current.fused.end();
}

/// Finds must be of analyzers that the worker runs, and not without end.
expected<void> check_finds(media_link_state::assigned& current, const media_finds& finds, std::size_t bytes) {
  for (const auto& found : finds.events)
    if (!is_fused(current, found.analyzer))
      return fail(errc::protocol, "sent an event of {}, which it does not run", printable(found.analyzer));
  if (!finds.scenes.empty() && !is_fused(current, "scene_segmentation"))
    return fail(errc::protocol, "sent a scene, though it looks for none");
  if ((current.finds_bytes += static_cast<std::int64_t>(bytes)) > most_finds_bytes)
    return fail(errc::protocol, "sent more than {} bytes of finds", most_finds_bytes);
  return {};
}

/// The rest of what can be wrong with a report, beyond its form.
expected<void> check_report(media_link_state& state, const media_report& report, std::size_t bytes) {
  if (const auto* hello = std::get_if<media_hello>(&report)) {
    if (state.greeted)
      return fail(errc::protocol, "sent a second greeting");
    if (hello->version != media_protocol_version)
      return fail(errc::protocol, "speaks version {} of the record protocol, not {}", hello->version,
                  media_protocol_version);
    state.greeted = true;
    return {};
  }
  if (!state.greeted)
    return fail(errc::protocol, "sent a report before its greeting");
  if (!state.current || job_of(report) != state.current->job)
    return {};
  if (const auto* failed = std::get_if<media_failed>(&report); failed && failed->reason.code == errc::cancelled)
    return fail(errc::protocol, "sent that its work was cancelled, which it was not");
  if (const auto* frame = std::get_if<media_frame>(&report))
    return check_frame(*state.current, *frame);
  if (const auto* finds = std::get_if<media_finds>(&report))
    return check_finds(*state.current, *finds, bytes);
  return {};
}

void handle_record(self_pointer self, const received_record& record) {
  auto& state = self->state;
  auto report = decode_report(record.bytes);
  if (report && !record.descriptors.empty())
    report = fail(errc::protocol, "a report brought a descriptor");
  if (!report)
    return lose_worker(self, "sent a record that does not fit: " + report.error().message);
  if (auto sound = check_report(state, *report, record.bytes.size()); !sound)
    return lose_worker(self, sound.error().message);
  const bool is_last = std::holds_alternative<media_finished>(*report) || std::holds_alternative<media_failed>(*report);
  if (is_last && job_of(*report) == state.ending) {
    state.ending.reset();
    take_held(self);
  }
  if (!state.current || job_of(*report) != state.current->job)
    return; // of a job that was cancelled
  state.current->silent = {};
  if (const auto* failed = std::get_if<media_failed>(&*report); failed && failed->reason.code == errc::worker_lost)
    return lose_worker(self, "gave up: " + failed->reason.message, state.options.decoder != decoder_rule::software);
  state.idle_losses = 0;
  if (const auto* finished = std::get_if<media_finished>(&*report)) {
    if (finished->decoding && state.current->turn)
      state.current->turn->tell(finished->facts.codec, *finished->decoding, finished->facts.frames);
    for (const auto& one : finished->reports)
      if (is_fused(*state.current, one.id))
        state.seconds[one.id].record(one.seconds);
  }
  const auto job = state.current->actor;
  if (is_last)
    state.current.reset();
  self->send(job, std::make_shared<const media_report>(std::move(*report)));
}

void assign(self_pointer self, media_assignment& work) {
  auto& state = self->state;
  if (state.resting)
    return void(state.held = std::move(work));
  if (state.process.has_ended()) // between two jobs: not this job's fault, and not its loss
    lose_worker(self, state.process.end());
  if (state.ending && state.leaving < leave_patience)
    return void(state.held = std::move(work));
  if (state.ending) { // it hangs in the work that is no longer wanted, and nobody else's job is to wait for that
    spdlog::warn("media worker: is replaced, because it has not left cancelled work for {} s", state.leaving.count());
    end_worker(state);
  }
  if (!state.process.is_running())
    if (auto started = start_worker(self); !started)
      return self->send(work.job, lost_atom_v, started.error().message, false);
  state.idle = {};
  work.order.source.threads = state.options.threads;
  work.order.source.decoder = state.options.decoder;
  state.current = {.job = work.order.job,
                   .actor = work.job,
                   .fused = work.order.analyzers,
                   .consumers = work.order.consumers.size(),
                   .slot_bytes = work.order.ring.slot_bytes,
                   .filled = std::vector<bool>(static_cast<std::size_t>(work.order.ring.slots)),
                   .turn = {}};
  if (state.options.decoding) {
    const auto& turn = state.current->turn.emplace(state.options.decoding);
    if (state.options.decoder == decoder_rule::measured && turn.is_alone())
      work.order.source.speeds = state.options.decoding->speeds();
    else if (state.options.decoder == decoder_rule::measured) // the others have the cores
      work.order.source.decoder = decoder_rule::nvdec;
  }
  std::vector<int> descriptors{work.input->get()};
  if (work.ring)
    descriptors.push_back(work.ring->get());
  if (auto sent = state.channel->send(encode(work.order), descriptors, record_channel::when_full::give_up); !sent)
    lose_deaf_worker(self, "could not be given work", sent.error());
}

void command(self_pointer self, const media_command& order) {
  auto& state = self->state;
  if (auto sent = state.channel->send(encode(order), {}, record_channel::when_full::give_up); !sent)
    lose_deaf_worker(self, "does not take orders", sent.error());
}

} // namespace

media_link_actor::behavior_type media_link(self_pointer self, media_link_options options) {
  self->state.options = std::move(options);
  self->delayed_send(self, check_interval, check_atom_v);
  return {
      [self](assign_atom, media_assignment& work) { assign(self, work); },
      [self](credit_atom, std::uint64_t job, const std::vector<std::int32_t>& slots) {
        auto& current = self->state.current;
        if (!current || current->job != job)
          return;
        for (const auto slot : slots)
          current->filled.at(static_cast<std::size_t>(slot)) = false;
        current->silent = {}; // it may have waited for these
        command(self, release_slots{job, slots});
      },
      [self](cancel_atom, std::uint64_t job) {
        if (self->state.held && self->state.held->order.job == job)
          self->state.held.reset();
        if (!self->state.current || self->state.current->job != job)
          return;
        self->state.current.reset();
        self->state.ending = job;
        self->state.leaving = {};
        command(self, cancel_media{job});
      },
      [self](record_atom, std::uint32_t generation, const shared_record& record) {
        if (generation != self->state.generation)
          return;
        handle_record(self, *record);
        if (self->state.reader)
          self->state.reader->dealt_with();
      },
      [self](lost_atom, std::uint32_t generation, const std::string& reason) {
        if (generation != self->state.generation)
          return;
        // A process that dies closes its socket a moment before it can be reaped.
        lose_worker(self, reason.empty() ? self->state.process.end(std::chrono::seconds{1})
                                         : "sent what is no record: " + reason);
      },
      [self](lost_atom, std::uint32_t generation) {
        auto& state = self->state;
        if (generation != state.generation)
          return;
        state.resting = false;
        if (auto work = std::exchange(state.held, std::nullopt))
          assign(self, *work);
      },
      [self](check_atom) {
        self->delayed_send(self, check_interval, check_atom_v);
        auto& state = self->state;
        auto& current = state.current;
        if (state.ending)
          state.leaving += check_interval;
        if (state.held && !state.resting)
          return take_held(self);
        if (!current) {
          state.idle += check_interval;
          if (state.options.decoder != decoder_rule::software && state.process.is_running() &&
              state.idle >= idle_timeout)
            end_worker(state);
          return;
        }
        state.idle = {};
        if (const auto& filled = current->filled;
            !filled.empty() && std::find(filled.begin(), filled.end(), false) == filled.end())
          return; // it waits for credit
        if ((current->silent += check_interval) > state.options.stall_timeout)
          lose_worker(self, fmt::format("showed no progress for {} s", state.options.stall_timeout.count()));
      },
      [self](metrics_atom) {
        metric_set found{{{std::string{worker_losses_metric}, "", static_cast<double>(self->state.lost)}}, {}};
        for (const auto& [analyzer, seconds] : self->state.seconds)
          found.summaries.push_back(summary_of("timeloom_video_compute_seconds", analyzer, seconds));
        return found;
      },
  };
}

} // namespace timeloom
