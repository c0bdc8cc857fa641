#include "actors/media_link.hpp"

#include <caf/send.hpp>
#include <spdlog/spdlog.h>

namespace timeloom {

namespace {

using clock = std::chrono::steady_clock;
using self_pointer = media_link_actor::stateful_pointer<media_link_state>;

constexpr auto check_interval = std::chrono::seconds{1};

/// Ends the process and tells the job, if there is one, why.
void lose_worker(self_pointer self, const std::string& reason) {
  auto& state = self->state;
  state.reader.reset();
  state.channel.reset();
  state.process.end();
  ++state.generation;
  spdlog::warn("media worker: {}", reason);
  if (state.current) {
    self->send(state.current->actor, lost_atom_v, "the media worker " + reason);
    state.current.reset();
  }
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

/// The rest of what can be wrong with a report, beyond its form.
expected<void> check_report(media_link_state& state, const media_report& report) {
  if (const auto* hello = std::get_if<media_hello>(&report)) {
    if (state.greeted || hello->version != media_protocol_version)
      return fail(errc::protocol, "speaks version {} of the record protocol, not {}", hello->version,
                  media_protocol_version);
    state.greeted = true;
    return {};
  }
  if (!state.greeted)
    return fail(errc::protocol, "sent a report before its greeting");
  if (const auto* frame = std::get_if<media_frame>(&report); frame && state.current && frame->job == state.current->job) {
    const auto bytes = std::int64_t{frame->size.width} * frame->size.height * bytes_per_pixel(frame->format);
    if (bytes > state.current->slot_bytes)
      return fail(errc::protocol, "sent a picture of {}x{}, which no slot of {} bytes holds", frame->size.width,
                  frame->size.height, state.current->slot_bytes);
    if (++state.current->slots_out > state.current->slots)
      return fail(errc::protocol, "filled more slots than it was given");
  }
  return {};
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

void handle_record(self_pointer self, const received_record& record) {
  auto& state = self->state;
  auto report = decode_report(record.bytes);
  if (report && !record.descriptors.empty())
    report = fail(errc::protocol, "a report brought a descriptor");
  if (!report)
    return lose_worker(self, "sent a record that does not fit: " + report.error().message);
  if (auto sound = check_report(state, *report); !sound)
    return lose_worker(self, sound.error().message);
  if (!state.current || job_of(*report) != state.current->job)
    return; // of a job that was cancelled
  state.current->heard = clock::now();
  const auto job = state.current->actor;
  if (std::holds_alternative<media_finished>(*report) || std::holds_alternative<media_failed>(*report))
    state.current.reset();
  self->send(job, std::make_shared<const media_report>(std::move(*report)));
}

void assign(self_pointer self, media_assignment& work) {
  auto& state = self->state;
  if (!state.process.is_running())
    if (auto started = start_worker(self); !started)
      return self->send(work.job, lost_atom_v, started.error().message);
  work.order.source.threads = state.options.threads;
  state.current = {.job = work.order.job,
                   .actor = work.job,
                   .slot_bytes = work.order.ring.slot_bytes,
                   .slots = work.order.ring.slots,
                   .heard = clock::now()};
  std::vector<int> descriptors{work.input->get()};
  if (work.ring)
    descriptors.push_back(work.ring->get());
  if (auto sent = state.channel->send(encode(work.order), descriptors, record_channel::when_full::give_up); !sent)
    lose_worker(self, "could not be given work: " + sent.error().message);
}

void command(self_pointer self, const media_command& order) {
  auto& state = self->state;
  if (auto sent = state.channel->send(encode(order), {}, record_channel::when_full::give_up); !sent)
    lose_worker(self, "does not take orders: " + sent.error().message);
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
        current->slots_out -= static_cast<int>(slots.size());
        current->heard = clock::now(); // it may have waited for these
        command(self, release_slots{job, slots});
      },
      [self](cancel_atom, std::uint64_t job) {
        if (!self->state.current || self->state.current->job != job)
          return;
        self->state.current.reset();
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
      [self](check_atom) {
        self->delayed_send(self, check_interval, check_atom_v);
        const auto& current = self->state.current;
        if (!current || (current->slots > 0 && current->slots_out == current->slots))
          return; // nothing to do, or waiting for credit
        if (clock::now() - current->heard > self->state.options.stall_timeout)
          lose_worker(self, fmt::format("showed no progress for {} s", self->state.options.stall_timeout.count()));
      },
  };
}

} // namespace timeloom
