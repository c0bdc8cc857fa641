#include "actors/protocol.hpp"

#include "actors/caf_error.hpp"
#include "actors/cbor.hpp"
#include "timeline/event_json.hpp"

#include <nlohmann/json.hpp>

namespace timeloom {

std::vector<std::uint8_t> to_bytes(const std::vector<event>& events) {
  auto list = nlohmann::ordered_json::array();
  for (const auto& one : events)
    list.push_back(to_json(one));
  return to_cbor(list);
}

caf::error from_bytes(const std::vector<std::uint8_t>& bytes, std::vector<event>& events) {
  const auto list = from_cbor(bytes);
  if (!list)
    return to_caf(list.error());
  events.clear();
  for (const auto& json : *list) {
    auto one = event_from_json(json);
    if (!one)
      return to_caf(one.error());
    events.push_back(std::move(*one));
  }
  return {};
}

} // namespace timeloom
