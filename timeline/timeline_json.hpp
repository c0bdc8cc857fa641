/// Scenes and media facts as JSON, in timeline files and on the wire, like events (event_json.hpp).
#pragma once

#include "core/error.hpp"
#include "timeline/timeline.hpp"

#include <cstddef>
#include <nlohmann/json_fwd.hpp>

namespace timeloom {

/// What the readers below accept at most.
struct timeline_limits {
  static constexpr std::size_t thumbnail_bytes = 256 * 1024;
  static constexpr std::size_t path_bytes = 4096;
  static constexpr std::size_t name_bytes = 256; ///< of containers, codecs and pixel formats
  static constexpr std::size_t notes = 64;
  static constexpr std::size_t note_bytes = 1024;
};

/// {"number", "first_frame", "start_s", "representative_frame", "representative_s", "last_frame", "last_s", "end_s",
/// "shots"}: the form in timeline files, without the thumbnail.
nlohmann::ordered_json to_json(const scene& found);

/// The same with "thumbnail_jpeg" as a binary value, when there is one: for CBOR; `dump()` cannot print it as JSON
/// text.
nlohmann::ordered_json to_wire(const scene& found);

/// Accepts both forms; strict as `event_from_json` is. Frames and times must be in order within the scene.
expected<scene> scene_from_json(const nlohmann::ordered_json& json);

/// Members as in `media_facts`, with "name" (the path's last part) first; what is unknown is null ("sha256",
/// "rate_hz"). Ill-formed UTF-8 in the path becomes U+FFFD.
nlohmann::ordered_json to_json(const media_facts& media);

/// Strict as `event_from_json` is; "name" is checked and dropped, because it follows from "path".
expected<media_facts> media_from_json(const nlohmann::ordered_json& json);

} // namespace timeloom
