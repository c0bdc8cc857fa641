/// Which of FFmpeg's demuxers may see a file, how one is opened, and which of its streams belong together.
#pragma once

#include "media/fd_reader.hpp"

#include <string>

namespace timeloom {

/// Looks at the first bytes of `io` and gives the demuxer for them. Playlists, session descriptions, file-name
/// patterns and everything else that could lead to another file or to the network are refused by name.
expected<const AVInputFormat*> probe_container(AVIOContext* io, const std::string& name);

/// The file behind `reader`, which the context reads through and must not outlive, with its streams known. It can open
/// nothing else. Streams with pictures of more than `max_pixels` are not looked into.
expected<ffmpeg::format_context> open_container(fd_reader& reader, const std::string& name, std::int64_t max_pixels);

/// The stream of sound that goes with the pictures of stream `pictures`: preferably one that can be decoded. Null when
/// there is none.
AVStream* sound_beside(AVFormatContext& format, int pictures);

} // namespace timeloom
