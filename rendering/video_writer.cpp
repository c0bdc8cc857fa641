#include "rendering/video_writer.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/picture_geometry.hpp"
#include "rendering/fd_writer.hpp"
#include "rendering/sound_track.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <vector>

extern "C" {
#include <libavutil/opt.h>
}

namespace timeloom {

namespace {

constexpr int keyframe_interval = 100; // pictures: short enough to seek in
constexpr std::int64_t most_ticks_per_s = 10'000'000;
constexpr std::int64_t microseconds = 1'000'000;
constexpr media_time farthest_sound = std::chrono::minutes{1}; // from the last picture

struct muxer_free {
  void operator()(AVFormatContext* p) const { avformat_free_context(p); } // its AVIOContext is another's
};

std::vector<const AVCodec*> encoders(bool h264) {
  std::vector<const AVCodec*> found;
  for (const auto* codec : {avcodec_find_encoder_by_name("libx264"), avcodec_find_encoder(AV_CODEC_ID_H264),
                            avcodec_find_encoder(AV_CODEC_ID_MPEG4)})
    if (codec != nullptr && (h264 || codec->id != AV_CODEC_ID_H264) &&
        std::find(found.begin(), found.end(), codec) == found.end())
      found.push_back(codec);
  return found;
}

/// An open encoder of pictures that come in order and leave in order, numbered from 0 instead of timed: encoders know
/// fewer clocks than videos.
expected<ffmpeg::codec_context> open_encoder(const AVCodec& codec, picture_size size, double rate_hz,
                                             color_matrix matrix) {
  ffmpeg::codec_context encoder{avcodec_alloc_context3(&codec)};
  if (!encoder)
    return fail(errc::exhausted, "no memory for an encoder");
  encoder->width = size.width;
  encoder->height = size.height;
  encoder->pix_fmt = AV_PIX_FMT_YUV420P;
  encoder->sample_aspect_ratio = {1, 1};
  encoder->color_range = AVCOL_RANGE_MPEG;
  encoder->colorspace = matrix == color_matrix::bt601 ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_BT709;
  encoder->framerate = av_d2q(std::clamp(rate_hz, 1.0, 240.0), 60'000);
  encoder->time_base = av_inv_q(encoder->framerate);
  encoder->gop_size = keyframe_interval;
  encoder->max_b_frames = 0; // so that pictures leave in the order in which they are shown
  encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
  if (codec.id == AV_CODEC_ID_MPEG4) {
    encoder->flags |= AV_CODEC_FLAG_QSCALE;
    encoder->global_quality = FF_QP2LAMBDA * 4;
  }
  // Of libx264, which takes more time than all the rest; others know no such options.
  av_opt_set(encoder->priv_data, "preset", "superfast", 0);
  av_opt_set(encoder->priv_data, "crf", "21", 0);
  if (const int result = avcodec_open2(encoder.get(), &codec, nullptr); result < 0)
    return fail(errc::unsupported, "{}: {}", codec.name, ffmpeg::error_text(result));
  return encoder;
}

expected<ffmpeg::codec_context> open_any_encoder(picture_size size, const video_options& options, color_matrix matrix) {
  std::string problems;
  for (const auto* codec : encoders(options.h264)) {
    auto encoder = open_encoder(*codec, size, options.rate_hz, matrix);
    if (encoder)
      return encoder;
    problems += (problems.empty() ? "" : "; ") + encoder.error().message;
  }
  return fail(errc::unsupported, "no encoder takes pictures of {}x{}: {}", size.width, size.height,
              problems.empty() ? "this FFmpeg has none of H.264 or MPEG-4" : problems);
}

/// Null without memory.
AVFormatContext* new_mp4() {
  AVFormatContext* format = nullptr;
  avformat_alloc_output_context2(&format, nullptr, "mp4", nullptr);
  if (format != nullptr)
    format->strict_std_compliance = FF_COMPLIANCE_EXPERIMENTAL; // FLAC, which players have long known in MP4
  return format;
}

/// Adds a stream that holds the same sound; null without memory.
AVStream* add_sound(AVFormatContext& to, const sound_track& track) {
  auto* stream = avformat_new_stream(&to, nullptr);
  if (stream == nullptr || avcodec_parameters_copy(stream->codecpar, track.codec) < 0)
    return nullptr;
  stream->codecpar->codec_tag = 0; // of the container that it comes from
  stream->time_base = track.time_base;
  return stream;
}

} // namespace

struct video_writer::parts {
  std::unique_ptr<fd_writer> file; // outlives `format`, which writes through it
  std::unique_ptr<AVFormatContext, muxer_free> format;
  ffmpeg::codec_context encoder;
  ffmpeg::sws_context converter;
  av_frame picture{av_frame_alloc()};
  ffmpeg::packet packet{av_packet_alloc()}, held{av_packet_alloc()}; // until it is known how long it is shown
  AVStream* stream = nullptr;
  int row_bytes = 0; // of the pictures that come
  std::int64_t ticks_per_s = 1;
  std::int64_t pictures = 0;
  std::deque<std::int64_t> ticks; // of the pictures that are in the encoder
  std::int64_t last_tick = -1;
  media_time last_shown{0};
  AVStream* sound = nullptr;
  AVRational sound_base{0, 1}; // of the sound's packets
  std::int64_t last_sound = INT64_MIN;
  std::string sound_problem;

  tl::unexpected<error> failure(const char* what, int result) const {
    return file->problem().empty() ? fail(errc::internal, "{}: {}", what, ffmpeg::error_text(result))
                                   : fail(errc::io, "{}: {}", what, file->problem());
  }

  expected<void> encode(const AVFrame* frame) {
    int result = avcodec_send_frame(encoder.get(), frame);
    while (result >= 0 && (result = avcodec_receive_packet(encoder.get(), packet.get())) >= 0) {
      if (ticks.empty())
        return fail(errc::internal, "the encoder gives more pictures than it got");
      packet->pts = packet->dts = ticks.front();
      ticks.pop_front();
      result = write_held(packet->pts);
      std::swap(packet, held);
    }
    if (result < 0 && result != AVERROR(EAGAIN) && result != AVERROR_EOF)
      return failure("the annotated video cannot be written", result);
    return {};
  }

  /// `until`: when the picture after it is shown.
  int write_held(std::int64_t until) {
    if (held->size == 0)
      return 0;
    held->duration = until - held->pts;
    held->stream_index = stream->index;
    av_packet_rescale_ts(held.get(), {1, static_cast<int>(ticks_per_s)}, stream->time_base);
    const int result = av_write_frame(format.get(), held.get());
    av_packet_unref(held.get());
    return result;
  }
};

video_writer::video_writer(std::unique_ptr<parts> of) : parts_(std::move(of)) {}
video_writer::~video_writer() = default;

expected<std::unique_ptr<video_writer>> video_writer::open(unique_fd fd, const video_options& options) {
  const picture_size size{options.size.width & ~1, options.size.height & ~1};
  if (size.width == 0 || size.height == 0)
    return fail(errc::unsupported, "pictures of {}x{} are too small for a video", options.size.width,
                options.size.height);
  const auto matrix = size.height < 720 ? color_matrix::bt601 : color_matrix::bt709;
  auto made = std::make_unique<parts>();
  auto file = fd_writer::create(std::move(fd));
  auto encoder = open_any_encoder(size, options, matrix);
  if (!file || !encoder)
    return tl::unexpected{!file ? file.error() : encoder.error()};
  made->file = std::move(*file);
  made->encoder = std::move(*encoder);
  made->row_bytes = options.size.width * 4;
  made->ticks_per_s =
      options.ticks_per_s > 0 && options.ticks_per_s <= most_ticks_per_s ? options.ticks_per_s : microseconds;

  // The ranges are set before the context is made ready, as in media/scaler.cpp.
  made->converter.reset(sws_alloc_context());
  AVFormatContext* format = new_mp4();
  made->format.reset(format);
  made->stream = format != nullptr ? avformat_new_stream(format, nullptr) : nullptr;
  if (!made->converter || made->stream == nullptr || !made->picture || !made->packet || !made->held)
    return fail(errc::exhausted, "no memory to write a video");
  const std::pair<const char*, int> settings[] = {
      {"srcw", size.width},       {"srch", size.height}, {"src_format", AV_PIX_FMT_BGR0},    {"src_range", 1},
      {"dstw", size.width},       {"dsth", size.height}, {"dst_format", AV_PIX_FMT_YUV420P}, {"dst_range", 0},
      {"sws_flags", SWS_BILINEAR}};
  int result = 0;
  for (const auto& [name, value] : settings)
    result = std::min(result, av_opt_set_int(made->converter.get(), name, value, 0));
  if (result >= 0)
    result = sws_init_context(made->converter.get(), nullptr, nullptr);
  made->picture->width = size.width;
  made->picture->height = size.height;
  made->picture->format = AV_PIX_FMT_YUV420P;
  if (result >= 0) {
    sws_setColorspaceDetails(made->converter.get(), coefficients(matrix), 1, coefficients(matrix), 0, 0, 1 << 16,
                             1 << 16);
    result = avcodec_parameters_from_context(made->stream->codecpar, made->encoder.get());
  }
  if (options.sound != nullptr) {
    made->sound = add_sound(*format, *options.sound);
    made->sound_base = options.sound->time_base;
    if (made->sound == nullptr)
      return fail(errc::exhausted, "no memory to write sound");
  }
  if (result >= 0) {
    made->stream->time_base = {1, static_cast<int>(made->ticks_per_s)};
    made->stream->avg_frame_rate = made->encoder->framerate;
    format->pb = made->file->context();
    result = avformat_write_header(format, nullptr);
  }
  if (result < 0)
    return made->failure("the annotated video cannot be begun", result);
  return std::unique_ptr<video_writer>{new video_writer{std::move(made)}};
}

expected<void> video_writer::write(std::span<const std::uint8_t> pixels, media_time shown) {
  auto& made = *parts_;
  const auto frames = av_rescale(shown.count(), made.ticks_per_s, 1'000'000'000);
  made.last_tick = std::max(frames, made.last_tick + 1);
  made.last_shown = shown;
  // The encoder may hold on to the picture before: it gets memory of its own then.
  int result = made.picture->buf[0] != nullptr ? av_frame_make_writable(made.picture.get())
                                               : av_frame_get_buffer(made.picture.get(), 0);
  if (result < 0)
    return made.failure("no memory for a picture", result);
  const std::uint8_t* rows[] = {pixels.data(), nullptr, nullptr, nullptr};
  const int strides[] = {made.row_bytes, 0, 0, 0};
  sws_scale(made.converter.get(), rows, strides, 0, made.picture->height, made.picture->data, made.picture->linesize);
  made.picture->pts = made.pictures++;
  made.ticks.push_back(made.last_tick);
  return made.encode(made.picture.get());
}

void video_writer::write_sound(const AVPacket& packet, media_time at) {
  auto& made = *parts_;
  if (made.sound == nullptr || !made.sound_problem.empty() || at > made.last_shown + farthest_sound ||
      at < made.last_shown - farthest_sound)
    return;
  const ffmpeg::packet copy{av_packet_clone(&packet)};
  if (!copy) {
    made.sound_problem = "no memory for a packet";
    return;
  }
  const auto ahead = packet.pts != AV_NOPTS_VALUE && packet.dts != AV_NOPTS_VALUE ? packet.pts - packet.dts : 0;
  if (ahead < 0 || ahead > INT32_MAX)
    return;
  const auto base = made.sound->time_base;
  copy->dts = av_rescale_q(at.count(), {1, 1'000'000'000}, base);
  copy->pts = copy->dts + av_rescale_q(ahead, made.sound_base, base);
  copy->duration = av_rescale_q(std::clamp<std::int64_t>(packet.duration, 0, INT32_MAX), made.sound_base, base);
  copy->pos = -1;
  copy->stream_index = made.sound->index;
  if (copy->dts <= made.last_sound)
    return;
  made.last_sound = copy->dts;
  if (const int result = av_write_frame(made.format.get(), copy.get()); result < 0)
    made.sound_problem = fmt::format("after {:.3f} s: {}", to_seconds(made.last_shown), ffmpeg::error_text(result));
}

const std::string& video_writer::sound_problem() const {
  return parts_->sound_problem;
}

expected<void> video_writer::finish(media_time end) {
  auto& made = *parts_;
  const auto end_tick = std::max(av_rescale(end.count(), made.ticks_per_s, 1'000'000'000), made.last_tick + 1);
  if (auto rest = made.encode(nullptr); !rest)
    return rest;
  if (!made.ticks.empty())
    return fail(errc::internal, "the encoder kept {} pictures", made.ticks.size());
  int result = made.write_held(end_tick);
  if (result >= 0)
    result = av_write_trailer(made.format.get());
  if (result < 0 || !made.file->problem().empty())
    return made.failure("the annotated video cannot be ended", result);
  return {};
}

expected<void> check_sound(const sound_track& track) {
  const auto& parameters = *track.codec;
  const auto* name = avcodec_get_name(parameters.codec_id);
  if (av_get_exact_bits_per_sample(parameters.codec_id) > 0) // PCM and its like
    return fail(errc::unsupported, "browsers play no {} from MP4", name);
  AVFormatContext* format = new_mp4();
  const std::unique_ptr<AVFormatContext, muxer_free> trial{format};
  if (format == nullptr || add_sound(*format, track) == nullptr || avio_open_dyn_buf(&format->pb) < 0)
    return fail(errc::exhausted, "no memory to write sound");
  const bool fits = avformat_query_codec(format->oformat, parameters.codec_id, FF_COMPLIANCE_EXPERIMENTAL) == 1 &&
                    parameters.sample_rate > 0 && parameters.ch_layout.nb_channels > 0 && track.time_base.num > 0 &&
                    track.time_base.den > 0;
  const int result = fits ? avformat_write_header(format, nullptr) : AVERROR(EINVAL);
  std::uint8_t* written = nullptr;
  avio_close_dyn_buf(format->pb, &written);
  av_free(written);
  if (!fits)
    return fail(errc::unsupported, "MP4 has no place for {}", name);
  if (result < 0)
    return fail(errc::unsupported, "its {} does not fit MP4: {}", name, ffmpeg::error_text(result));
  return {};
}

std::string video_encoder() {
  for (const auto* codec : encoders(true))
    if (open_encoder(*codec, {64, 64}, 25, color_matrix::bt601))
      return codec->name;
  return {};
}

} // namespace timeloom
