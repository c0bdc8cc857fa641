/// The sound of a file as it is stored, packet by packet, for a copy beside its pictures.
///
/// Only worker processes use this: it parses hostile bytes. One owner, one thread.
#pragma once

#include "media/fd_reader.hpp"
#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"

#include <memory>
#include <string>

namespace timeloom {

class stored_sound {
public:
  /// The sound that goes with the pictures of stream `pictures`: the one that a frame source listens to. `fd` is a
  /// regular file; null when it has no sound. `origin` is the presentation time of the timeline's 0.
  static expected<std::unique_ptr<stored_sound>> open(unique_fd fd, const std::string& name,
                                                      const source_options& options, int pictures, media_time origin);

  const AVStream& stream() const { return *stream_; }
  const AVFormatContext& container() const { return *format_; }

  /// Goes on to the next packet; false at the end, which is also where FFmpeg cannot read on.
  bool next();

  /// The packet that `next` went on to, with the times of its stream, and when it begins on the timeline. Packets
  /// without a time are passed over.
  const AVPacket& packet() const { return *packet_; }
  media_time at() const { return at_; }

private:
  stored_sound() = default;
  bool take_time();

  std::unique_ptr<fd_reader> reader_; // outlives format_, which reads through it
  ffmpeg::format_context format_;
  ffmpeg::packet packet_{av_packet_alloc()};
  AVStream* stream_ = nullptr;
  media_time origin_{0}; // own: of a file joined from recordings, sound and pictures step apart
  media_time at_{0};
  media_time ends_{0};
  bool begun_ = false;
};

} // namespace timeloom
