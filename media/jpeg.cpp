#include "media/jpeg.hpp"

#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"
#include "media/picture_geometry.hpp"

namespace timeloom {

expected<std::string> encode_jpeg(const small_frame& frame, int width, int height) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
  if (codec == nullptr)
    return fail(errc::unsupported, "this FFmpeg has no JPEG encoder");
  ffmpeg::codec_context encoder{avcodec_alloc_context3(codec)};
  av_frame picture{av_frame_alloc()};
  ffmpeg::packet packet{av_packet_alloc()};
  if (!encoder || !picture || !packet)
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
  if (result < 0)
    return fail(errc::unsupported, "no JPEG of {}x{} can be made: {}", width, height, ffmpeg::error_text(result));

  // JPEG's colours are BT.601 at full range, whatever the video's are.
  const ffmpeg::sws_context scaler{sws_getContext(frame.luma.width, frame.luma.height, AV_PIX_FMT_YUV420P, width,
                                                  height, AV_PIX_FMT_YUV420P, SWS_AREA, nullptr, nullptr, nullptr)};
  if (!scaler)
    return fail(errc::unsupported, "a picture of {}x{} cannot be scaled", frame.luma.width, frame.luma.height);
  sws_setColorspaceDetails(scaler.get(), coefficients(frame.matrix), 1, coefficients(color_matrix::bt601), 1, 0,
                           1 << 16, 1 << 16);
  const std::uint8_t* planes[4] = {frame.luma.data, frame.cb.data, frame.cr.data, nullptr};
  const int strides[4] = {frame.luma.stride, frame.cb.stride, frame.cr.stride, 0};
  sws_scale(scaler.get(), planes, strides, 0, frame.luma.height, picture->data, picture->linesize);

  result = avcodec_send_frame(encoder.get(), picture.get());
  if (result >= 0)
    result = avcodec_receive_packet(encoder.get(), packet.get());
  if (result < 0)
    return fail(errc::internal, "a thumbnail could not be encoded: {}", ffmpeg::error_text(result));
  return std::string{reinterpret_cast<const char*>(packet->data), static_cast<std::size_t>(packet->size)};
}

} // namespace timeloom
