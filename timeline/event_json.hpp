/// Events as JSON: the form in timeline files, and, as CBOR, the form in which workers send them.
///
/// A moment is {"analyzer", "kind", "frame", "start_s"}, a span has "start_frame", "end_frame", "start_s", "end_s"
/// instead. Optional members follow: "label", "score", "box": {"x", "y", "width", "height"}, "text", "track",
/// "attributes". docs/timeline.md explains them. Plain functions; any thread may call them.
#pragma once

#include "core/error.hpp"
#include "timeline/event.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

namespace timeloom {

/// What `event_from_json` accepts at most, in one event.
struct event_limits {
  static constexpr std::size_t label_bytes = 256;
  static constexpr std::size_t text_bytes = 64 * 1024; ///< of "text", and of any string among the attributes
  static constexpr std::size_t attribute_name_bytes = 128;
  static constexpr std::size_t attribute_values = 4096; ///< lists and objects count as values too
  static constexpr int attribute_depth = 8;             ///< {"a": 1} has depth 1
};

/// Members stand in the order above and attributes in their own. Ill-formed UTF-8 becomes U+FFFD and a number that
/// is not finite becomes null (which `event_from_json` refuses), so the result can always be printed.
nlohmann::ordered_json to_json(const event& found);

/// Strict: the input may come from a hostile process. Every type, length, range and name is checked, and a member
/// that is not described above is an error. Fails with `errc::protocol`. What `to_json` gives for an event within the
/// limits comes back equal, its times exact to the nanosecond up to 26 days.
expected<event> event_from_json(const nlohmann::ordered_json& json);

} // namespace timeloom
