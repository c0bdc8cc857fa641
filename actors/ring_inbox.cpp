#include "actors/ring_inbox.hpp"

#include "actors/cbor.hpp"
#include "timeline/json_members.hpp"

#include <cstdio>
#include <thread>
#include <unistd.h>

namespace timeloom {

ring_inbox::ring_inbox(record_channel channel) : channel_(std::move(channel)) {
  std::thread{[this] { receive(); }}.detach();
}

void ring_inbox::receive() {
  for (;;) {
    auto record = channel_.receive();
    if (record && !*record)
      ::_exit(0); // the coordinator is gone
    auto accepted = record ? accept(std::move(**record)) : tl::unexpected{record.error()};
    if (!accepted) {
      std::fprintf(stderr, "timeloom worker: %s\n", accepted.error().message.c_str());
      ::_exit(70);
    }
  }
}

expected<void> ring_inbox::accept(received_record record) {
  const auto json = from_cbor(record.bytes);
  if (!json)
    return tl::unexpected{json.error()};
  json_members in{*json, "ring"};
  const auto number = static_cast<std::uint64_t>(in.count("ring"));
  const ring_shape shape{in.count("slot_bytes"), static_cast<int>(in.integer("slots", 1, 4096))};
  if (auto problem = in.finish())
    return tl::unexpected{*problem};
  if (record.descriptors.size() != 1)
    return fail(errc::protocol, "a ring came with {} descriptors", record.descriptors.size());
  auto mapped = frame_ring::map(record.descriptors[0], shape, frame_ring::access::read);
  if (!mapped)
    return tl::unexpected{mapped.error()};
  const std::lock_guard lock{mutex_};
  auto& given = rings_[number];
  ++given.sessions;
  if (!given.ring)
    given.ring = std::make_shared<const frame_ring>(std::move(*mapped));
  changed_.notify_all();
  return {};
}

expected<std::shared_ptr<const frame_ring>> ring_inbox::ring(std::uint64_t number, std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  if (!changed_.wait_for(lock, patience, [&] { return rings_.contains(number); }))
    return fail(errc::timeout, "frame ring {} did not arrive within {} ms", number, patience.count());
  return rings_[number].ring;
}

void ring_inbox::forget(std::uint64_t number) {
  const std::lock_guard lock{mutex_};
  const auto given = rings_.find(number);
  if (given != rings_.end() && --given->second.sessions == 0)
    rings_.erase(given);
}

std::vector<std::uint8_t> encode_ring(std::uint64_t number, const ring_shape& shape) {
  return to_cbor({{"ring", number}, {"slot_bytes", shape.slot_bytes}, {"slots", shape.slots}});
}

} // namespace timeloom
