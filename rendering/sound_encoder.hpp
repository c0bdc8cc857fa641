/// Sound that MP4 does not hold as it is stored, decoded and encoded anew: AAC at 48 kHz in one or two channels.
///
/// One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "media/sound_decoder.hpp"
#include "media/stored_sound.hpp"
#include "rendering/sound_track.hpp"

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace timeloom {

class sound_encoder {
public:
  /// Gets each packet of AAC and when it begins on the timeline; the packet stays the encoder's.
  using take_packet = std::function<void(const AVPacket& packet, media_time at)>;

  /// `stored` outlives this; `origin` is the presentation time of the timeline's 0. Fails when nothing here decodes the
  /// sound, or encodes AAC.
  static expected<std::unique_ptr<sound_encoder>> open(const stored_sound& stored, media_time origin, take_packet take);

  /// Of the packets that `take` gets.
  sound_track track() const { return {track_.get(), encoder_->time_base}; }

  /// The next packet as it is stored. What cannot be decoded is left out.
  void encode(const AVPacket& stored) { decoder_.decode(&stored, origin_); }

  /// No packet follows; `take` gets what is left.
  void finish();

  /// Why there is no sound, or none from some time on; empty when there is.
  std::string problem() const;

private:
  struct parameters_free {
    void operator()(AVCodecParameters* p) const { avcodec_parameters_free(&p); }
  };

  sound_encoder(const stored_sound& stored, media_time origin, take_packet take);
  expected<void> start(int channels);
  bool take_in(const sound_block& block);
  bool set_format(const sound_block& block);
  void convert(const std::uint8_t** from, int count);
  void end_stretch();
  void send(std::size_t count);
  void receive();

  media_time origin_;
  take_packet take_;
  ffmpeg::codec_context encoder_;
  std::unique_ptr<AVCodecParameters, parameters_free> track_{avcodec_parameters_alloc()};
  av_frame frame_{av_frame_alloc()};
  ffmpeg::packet packet_{av_packet_alloc()};
  ffmpeg::swr_context converter_; // null before the first block
  int from_rate_hz_ = 0;
  std::size_t from_channels_ = 0;
  std::array<std::vector<float>, 2> pending_; // by channels, not sent yet
  std::int64_t next_ = INT64_MIN;             // time of the next frame, in samples; before the first block it is none
  media_time ends_{0};                        // of the last block
  std::int64_t packets_ = 0;
  std::string problem_;
  sound_decoder decoder_; // last: gives blocks to the others
};

} // namespace timeloom
