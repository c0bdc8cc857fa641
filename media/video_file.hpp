/// One video stream of a file, demuxed and decoded by FFmpeg.
#pragma once

#include "media/frame_source.hpp"

namespace timeloom {

expected<std::unique_ptr<frame_source>> open_video_file(unique_fd fd, const std::string& name,
                                                        const source_options& options);

} // namespace timeloom
