/// The records that the coordinator and a media worker exchange over a `record_channel`.
///
/// Orders go to the worker, reports come from it. A media worker parses hostile files, so every field of a report is
/// checked when it is read; what does not fit is `errc::protocol`, which ends the worker.
#pragma once

#include "analyzers/analyzer_options.hpp"
#include "core/error.hpp"
#include "media/frame_ring.hpp"
#include "media/frame_source.hpp"
#include "media/sample_shape.hpp"
#include "timeline/timeline.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace timeloom {

/// Changes with every change of a record; a worker of another build is refused.
inline constexpr int media_protocol_version = 5;

/// What a worker may report of scenes and events of one job; it leaves out the thumbnails after half of it.
inline constexpr std::int64_t most_finds_bytes = std::int64_t{64} << 20;

// -- orders ----------------------------------------------------------------------------------------------------------

/// An analyzer elsewhere that wants sampled pictures. Its place in the order's list is its number.
struct frame_consumer {
  std::string analyzer;
  double rate_hz = 1;
  sample_shape shape;
};

/// Decode the file whose descriptor comes with this record. A second descriptor is the frame ring's, when there are
/// consumers.
struct media_order {
  std::uint64_t job = 0;
  std::string name; ///< of the file, for messages
  bool is_folder = false;
  std::vector<std::string> analyzers; ///< fused ones to run
  std::vector<frame_consumer> consumers;
  std::vector<frame_position> frames; ///< if any: only these are looked for, in order, and every consumer wants them
  analyzer_options options;
  source_options source;
  ring_shape ring;
};

/// The slots of the current job's ring that may be written again: the credit.
struct release_slots {
  std::uint64_t job = 0;
  std::vector<int> slots;
};

/// Stop the job. No report of it follows but `media_failed` with `errc::cancelled`.
struct cancel_media {
  std::uint64_t job = 0;
};

using media_command = std::variant<media_order, release_slots, cancel_media>;

// -- reports ---------------------------------------------------------------------------------------------------------

/// The first report of a worker.
struct media_hello {
  int version = 0;
};

struct media_progress {
  std::uint64_t job = 0;
  std::int64_t frames = 0; ///< analyzed so far
  media_time time{0};      ///< of the last of them
  media_time duration{0};  ///< of the whole, by the container; 0 when it does not say
};

/// A sampled picture lies in a slot, which is the coordinator's until it is released.
struct media_frame {
  std::uint64_t job = 0;
  int slot = 0;
  frame_position at;
  picture_size size;
  sample_format format = sample_format::gray8;
  std::vector<int> consumers; ///< numbers of those who want it, at least one
};

struct media_finds {
  std::uint64_t job = 0;
  std::vector<event> events;
  std::vector<scene> scenes;
};

/// The file is done. Nothing about the job follows.
struct media_finished {
  std::uint64_t job = 0;
  media_facts facts;
  std::vector<analyzer_report> reports;  ///< of the fused analyzers
  std::vector<std::string> libraries;    ///< that decoded, such as "libavcodec 59.37.100"
  std::optional<decoding_cost> decoding; ///< of a whole video that software and NVDEC could decode
};

/// The file cannot be analyzed. Nothing about the job follows. With `errc::worker_lost` the worker cannot go on,
/// because its GPU does nothing more for it; another one may.
struct media_failed {
  std::uint64_t job = 0;
  error reason;
};

using media_report = std::variant<media_hello, media_progress, media_frame, media_finds, media_finished, media_failed>;

std::vector<std::uint8_t> encode(const media_command& command);
std::vector<std::uint8_t> encode(const media_report& report);
expected<media_command> decode_command(std::span<const std::uint8_t> bytes);
expected<media_report> decode_report(std::span<const std::uint8_t> bytes);

} // namespace timeloom
