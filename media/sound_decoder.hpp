/// The sound of a file beside its pictures, decoded by FFmpeg from packets that the demuxer passes by anyway.
///
/// Owned by a video file; one thread. Nothing here fails: what goes wrong is counted in the facts, and the pictures go
/// on without the sound.
#pragma once

#include "core/sound.hpp"
#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"

#include <functional>
#include <optional>

namespace timeloom {

class sound_decoder {
public:
  /// `stream` is one of `format`, which outlives this. `take` gets every block, from within `decode`, and says whether
  /// it wants more.
  sound_decoder(const AVFormatContext& format, const AVStream& stream, std::function<bool(sound_block)> take);

  /// The next packet of the stream, or null for its end. `origin` is the presentation time of the timeline's 0.
  void decode(const AVPacket* packet, media_time origin);

  const sound_facts& facts() const { return facts_; }

private:
  void open();
  void receive();
  void count_error(std::string what);
  media_time start_of(const AVFrame& frame);
  void accept(const AVFrame& frame);
  bool set_format(const AVFrame& frame, std::vector<channel_role> roles);
  void convert(const AVFrame& frame, int first, int count);
  void drain();
  void append(const std::uint8_t** from, int count);
  void give();

  const AVFormatContext& format_;
  const AVStream& stream_;
  std::function<bool(sound_block)> take_;
  sound_facts facts_;
  ffmpeg::codec_context codec_; // null when nothing here decodes the stream, and once it was given up
  av_frame frame_;
  ffmpeg::swr_context converter_; // null before the first frame, and for a format that it does not take
  int from_rate_hz_ = 0;          // before the first frame
  int from_format_ = -1;
  sound_block gathered_;             // not given yet
  std::optional<media_time> origin_; // own: of a file joined from recordings, sound and pictures step apart
  media_time latest_{0};             // start of the last frame
  media_time ends_{0};               // and its end
  bool wanted_ = true;
  int errors_in_a_row_ = 0;
};

} // namespace timeloom
