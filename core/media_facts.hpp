/// Facts about a video file: what the container says and what decoding it showed.
#pragma once

#include "core/media_time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace timeloom {

/// Facts about the file and the video stream that was analyzed.
struct media_facts {
  std::string path;                ///< as the user gave it
  std::int64_t bytes = 0;          ///< size of the file
  std::string sha256;              ///< of the whole file, 64 hex digits; empty for a folder of images
  std::string container;           ///< FFmpeg's name of the demuxer, such as "mov,mp4,m4a,3gp,3g2,mj2"
  std::string codec;               ///< FFmpeg's name of the decoder's codec, such as "h264"
  std::string decoder{"software"}; ///< or "nvdec"
  std::string decoder_reason;      ///< why that one, where there was a choice; else empty
  std::string pixel_format;        ///< FFmpeg's name, such as "yuv420p"
  int stream = 0;                  ///< index of the video stream in the container
  int width = 0;                   ///< of the upright picture in square pixels
  int height = 0;                  ///< of the upright picture in square pixels
  int rotation = 0;                ///< clockwise degrees by which the stored picture was turned: 0, 90, 180 or 270
  double sample_aspect = 1;        ///< width over height of a stored pixel
  double rate_hz = 0;              ///< average frames a second, by the container; 0 when it does not say
  media_time start{0};             ///< the container's own start, which is 0 on the timeline
  media_time duration{0};          ///< from the timeline's 0 to the end of the last frame
  std::int64_t frames = 0;         ///< frames decoded
  std::int64_t decode_errors = 0;  ///< packets or frames that FFmpeg gave up on
  std::vector<std::string> decode_notes; ///< the first few of those errors, in words
  bool has_audio = false;

  bool operator==(const media_facts&) const = default;
};

} // namespace timeloom
