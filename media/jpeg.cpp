#include "media/jpeg.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/scaler.hpp"

extern "C" {
#include <libavutil/imgutils.h>
}

namespace timeloom {

expected<std::string> encode_jpeg(const small_frame& frame, int width, int height) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr)
    return fail(errc::unsupported, "this FFmpeg has no JPEG encoder");
  ffmpeg::codec_context encoder{avcodec_alloc_context3(codec)};
  av_frame source{av_frame_alloc()}, picture{av_frame_alloc()};
  ffmpeg::packet packet{av_packet_alloc()};
  if (!encoder || !source || !picture || !packet)
    return fail(errc::exhausted, "no memory for a thumbnail");
  encoder->width = picture->width = width;
  encoder->height = picture->height = height;
  encoder->pix_fmt = AV_PIX_FMT_YUVJ420P;
  picture->format = AV_PIX_FMT_YUVJ420P;
  encoder->color_range = picture->color_range = AVCOL_RANGE_JPEG;
  encoder->time_base = {1, 1};
  encoder->thread_count = 1;
  encoder->flags |= AV_CODEC_FLAG_QSCALE;
  encoder->global_quality = FF_QP2LAMBDA * 5; // about 6 KB at 320 px
  picture->quality = encoder->global_quality;
  int result = avcodec_open2(encoder.get(), codec, nullptr);
  if (result >= 0)
    result = av_frame_get_buffer(picture.get(), 0);
  source->width = frame.luma.width;
  source->height = frame.luma.height;
  source->format = AV_PIX_FMT_YUV420P;
  if (result >= 0)
    result = av_frame_get_buffer(source.get(), 0); // padded: swscale reads whole vectors
  if (result < 0)
    return fail(errc::unsupported, "no JPEG of {}x{} can be made: {}", width, height, ffmpeg::error_text(result));

  int component = 0;
  for (const auto& samples : {frame.luma, frame.cb, frame.cr}) {
    av_image_copy_plane(source->data[component], source->linesize[component], samples.data, samples.stride,
                        samples.width, samples.height);
    ++component;
  }

  // JPEG's colours are BT.601 at full range, whatever the video's are.
  scaler converter;
  const auto scaled = converter.scale(*source, {.width = width + width % 2, // of an odd one swscale reads past the end
                                                .height = height,
                                                .format = AV_PIX_FMT_YUV420P,
                                                .full_range = true,
                                                .matrix = frame.matrix,
                                                .result_matrix = color_matrix::bt601});
  if (!scaled)
    return tl::unexpected{scaled.error()};
  for (int i = 0; i < 3; ++i)
    av_image_copy_plane(picture->data[i], picture->linesize[i], (*scaled)->data[i], (*scaled)->linesize[i],
                        i == 0 ? width : (width + 1) / 2, i == 0 ? height : (height + 1) / 2);

  result = avcodec_send_frame(encoder.get(), picture.get());
  if (result >= 0)
    result = avcodec_receive_packet(encoder.get(), packet.get());
  if (result < 0)
    return fail(errc::internal, "a thumbnail could not be encoded: {}", ffmpeg::error_text(result));
  return std::string{reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

} // namespace timeloom
