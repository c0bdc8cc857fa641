/// Lets a render worker draw on one video, and gives its files their names when all went well.
#pragma once

#include "core/error.hpp"
#include "rendering/render_order.hpp"
#include "timeline/timeline.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

struct render_settings {
  std::string dir;  ///< where annotated videos and contact sheets go
  std::string root; ///< as of `open_input`
  source_options source;
  std::chrono::seconds stall_timeout{60};
  bool overwrite = false;
};

struct drawn_video {
  std::vector<std::string> files; ///< the paths of those that were written
  std::string without_sound;      ///< as of `render_done`
  std::string without_sheet;      ///< why there is no contact sheet; else empty
};

/// Why a timeline without scenes has no contact sheet, in a sentence.
std::string why_no_sheet(const timeline& made);

/// Blocks until it is over: what was written, or why nothing was. A worker that reports
/// nothing for as long as `stall_timeout`, or that breaks the protocol, is ended, as is one when `stop_fd` becomes
/// readable (`errc::cancelled`). `tell` hears now and then how far it is. Any thread.
expected<drawn_video> run_render(const render_settings& settings, const std::string& input, const std::string& stem,
                                 const timeline& made, int stop_fd,
                                 const std::function<void(const render_progress&)>& tell);

} // namespace timeloom
