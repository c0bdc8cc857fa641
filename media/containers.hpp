/// Which of FFmpeg's demuxers may see a file.
#pragma once

#include "media/ffmpeg.hpp"

#include <string>

namespace timeloom {

/// Looks at the first bytes of `io` and gives the demuxer for them. Playlists, session descriptions, file-name
/// patterns and everything else that could lead to another file or to the network are refused by name.
expected<const AVInputFormat*> probe_container(AVIOContext* io, const std::string& name);

} // namespace timeloom
