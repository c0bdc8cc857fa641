/// Makes the annotated video and the contact sheet of a video. Runs in a process of its own: it parses hostile bytes.
#pragma once

#include "core/unique_fd.hpp"
#include "rendering/render_order.hpp"

#include <functional>

namespace timeloom {

struct render_files {
  unique_fd input;
  unique_fd video; ///< an empty regular file
  unique_fd sheet; ///< likewise
};

inline constexpr int most_lines = 1080; ///< of the annotated video; larger pictures are made smaller

/// Decodes the input once more, draws what was found on its upright pictures, and writes them with their own times, at
/// their own size up to `most_lines`; pictures of another size than the first are fitted into its. The sheet is written
/// when there are scenes. The sound is copied as it is stored, or encoded anew where MP4 has no place for it. Blocks;
/// `tell` hears of every picture that was written.
expected<render_done> render(const render_order& order, render_files files,
                             const std::function<void(const render_progress&)>& tell);

/// The life of a render worker: takes its order from the descriptors that it inherited, reports on the channel `socket`
/// and ends the process.
[[noreturn]] void serve_render(int socket);

} // namespace timeloom
