/// The result of a video's analysis: what the exporters print.
#pragma once

#include "core/media_facts.hpp"
#include "timeline/event.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

enum class analyzer_status : std::uint8_t { done, partial, failed, skipped };

std::string_view to_string(analyzer_status status);

/// The earlier analysis of the same content that an analyzer's finds were taken from.
struct analysis_origin {
  std::string program; ///< as in `provenance`, like the others
  std::string created;
  std::string host;

  bool operator==(const analysis_origin&) const = default;
};

/// How one analyzer fared on this video, and what did the work.
struct analyzer_report {
  std::string id;
  analyzer_status status = analyzer_status::done;
  std::string reason;                        ///< why it is not `done`, in words; empty when it is
  std::string backend;                       ///< what computed it, such as "embedded" or "tesseract 5.3.0 (eng)"
  std::string device;                        ///< "cpu" or "cuda:<uuid>"
  double rate_hz = 0;                        ///< frames a second that it saw; 0 means every frame
  std::int64_t frames = 0;                   ///< frames that it saw
  double seconds = 0;                        ///< of computing in all its threads, without waiting
  int attempt = 1;                           ///< which attempt gave this result, from 1
  std::optional<analysis_origin> taken_from; ///< absent when it ran for this timeline

  bool operator==(const analyzer_report&) const = default;
};

/// A run of shots that belong together. `[first, last]` are frames of the video, both inside the scene.
struct scene {
  std::int64_t number = 1; ///< from 1, in order of time
  frame_position first;
  frame_position representative;
  frame_position last;
  media_time end{0}; ///< when the next scene starts or the video ends
  std::int64_t shots = 1;
  std::string thumbnail_jpeg; ///< the representative frame, about 320 px wide; empty when there is none

  bool operator==(const scene&) const = default;
};

/// What made the timeline, so that it can be made again.
struct provenance {
  std::string program; ///< "timeloom 0.1.0"
  std::string created; ///< UTC, RFC 3339, such as "2026-11-20T12:00:00Z"
  std::string host;
  std::vector<std::string> libraries; ///< such as "libavcodec 59.37.100"
  std::string configuration;          ///< the effective configuration as YAML
  double wall_seconds = 0;
  int attempts = 1;

  bool operator==(const provenance&) const = default;
};

struct timeline {
  media_facts media;
  std::vector<analyzer_report> analyzers; ///< in catalog order
  std::vector<scene> scenes;              ///< in order of time
  std::vector<event> events;              ///< ordered by start, then analyzer in catalog order, then as found
  provenance made;
};

/// How much the analyzer found: its events, or the scenes of scene_segmentation.
std::int64_t count_finds(const timeline& made, std::string_view analyzer);

} // namespace timeloom
