/// What sound packets are, as an MP4 file is told.
#pragma once

#include "media/ffmpeg.hpp"

namespace timeloom {

struct sound_track {
  const AVCodecParameters* codec = nullptr; ///< of the stream or encoder that the packets come from
  AVRational time_base{0, 1};               ///< of the times of the packets
};

} // namespace timeloom
