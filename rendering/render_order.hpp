/// What the coordinator and a render worker say to each other. Plain functions; any thread.
#pragma once

#include "core/error.hpp"
#include "media/frame_source.hpp"
#include "timeline/timeline.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace timeloom {

/// The descriptors that a render worker inherits behind its channel.
inline constexpr int render_input_fd = 4;
inline constexpr int render_order_fd = 5; ///< a file that holds the order
inline constexpr int render_video_fd = 6;
inline constexpr int render_sheet_fd = 7;

struct render_order {
  bool is_folder = false; ///< the input is a folder of images
  source_options source;
  timeline found; ///< what is drawn: its media, scenes and events
};

/// As text. An order comes from the trusted side, but what stands in it was found by workers: `render_order_from` is as
/// strict as the readers of timelines.
std::string to_text(const render_order& order);
expected<render_order> render_order_from(std::string_view text);

struct render_progress {
  std::int64_t frames = 0; ///< drawn and written
  media_time time{0};      ///< of the last of them

  bool operator==(const render_progress&) const = default;
};
struct render_done {
  std::string without_sound; ///< why sound that the input has is missing, or ends early; else empty

  bool operator==(const render_done&) const = default;
};

/// What a worker reports, a record each; after `render_done` or an error nothing more comes.
using render_report = std::variant<render_progress, render_done, error>;

std::vector<std::uint8_t> to_record(const render_report& report);
/// Strict: the worker has parsed a file that may be hostile. Fails with `errc::protocol`.
expected<render_report> render_report_from(std::span<const std::uint8_t> record);

} // namespace timeloom
