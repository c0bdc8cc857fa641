#include "media/gpu_decoder.hpp"

#include "media/ffmpeg.hpp"

#include <algorithm>
#include <array>

extern "C" {
#include <libavutil/hwcontext.h>
#include <libavutil/pixdesc.h>
}

namespace timeloom {

namespace {

/// Null where there is none. FFmpeg counts its references; this one is kept until the process ends.
AVBufferRef* cuda_device() {
  static AVBufferRef* const device = [] {
    AVBufferRef* made = nullptr;
    return av_hwdevice_ctx_create(&made, AV_HWDEVICE_TYPE_CUDA, nullptr, nullptr, 0) < 0 ? nullptr : made;
  }();
  return device;
}

AVPixelFormat cuda_if_offered(AVCodecContext* decoder, const AVPixelFormat* offered) {
  for (const auto* format = offered; *format != AV_PIX_FMT_NONE; ++format)
    if (*format == AV_PIX_FMT_CUDA)
      return *format;
  return avcodec_default_get_format(decoder, offered);
}

bool knows_cuda(const AVCodec& codec) {
  for (int i = 0;; ++i) {
    const auto* way = avcodec_get_hw_config(&codec, i);
    if (way == nullptr)
      return false;
    if (way->device_type == AV_HWDEVICE_TYPE_CUDA && (way->methods & AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0)
      return true;
  }
}

} // namespace

bool is_for_nvdec(const AVCodecParameters& stream) {
  // 4:2:0 with 8 bits, or 10 where the codec commonly has them.
  constexpr std::array with_10_bits{AV_CODEC_ID_HEVC, AV_CODEC_ID_VP9, AV_CODEC_ID_AV1};
  const bool may_have_10 = std::find(with_10_bits.begin(), with_10_bits.end(), stream.codec_id) != with_10_bits.end();
  if (stream.format == AV_PIX_FMT_YUV420P || stream.format == AV_PIX_FMT_YUVJ420P)
    return may_have_10 || stream.codec_id == AV_CODEC_ID_H264;
  return stream.format == AV_PIX_FMT_YUV420P10LE && may_have_10;
}

bool decode_on_gpu(AVCodecContext& decoder, const AVCodecParameters& stream) {
  if (!is_for_nvdec(stream) || !knows_cuda(*decoder.codec) || cuda_device() == nullptr)
    return false;
  decoder.hw_device_ctx = av_buffer_ref(cuda_device());
  decoder.get_format = cuda_if_offered;
  decoder.thread_count = 1; // the GPU decodes; threads would only hold more of its frames
  return decoder.hw_device_ctx != nullptr;
}

bool is_on_gpu(const AVFrame& picture) {
  return picture.format == AV_PIX_FMT_CUDA;
}

bool is_gpu_lost() {
  constexpr int side_px = 64;
  if (cuda_device() == nullptr)
    return false;
  AVBufferRef* pool = av_hwframe_ctx_alloc(cuda_device());
  if (pool == nullptr)
    return false;
  auto& wanted = *reinterpret_cast<AVHWFramesContext*>(pool->data);
  wanted.format = AV_PIX_FMT_CUDA;
  wanted.sw_format = AV_PIX_FMT_NV12;
  wanted.width = wanted.height = side_px;
  const av_frame host{av_frame_alloc()}, there{av_frame_alloc()};
  bool copied = host && there && av_hwframe_ctx_init(pool) >= 0 && av_hwframe_get_buffer(pool, there.get(), 0) >= 0;
  if (copied) {
    host->format = AV_PIX_FMT_NV12;
    host->width = host->height = side_px;
    copied = av_frame_get_buffer(host.get(), 0) >= 0 && av_hwframe_transfer_data(there.get(), host.get(), 0) >= 0;
  }
  av_buffer_unref(&pool);
  return !copied;
}

expected<av_frame> from_gpu(const AVFrame& picture) {
  av_frame host{av_frame_alloc()};
  int result = host ? av_hwframe_transfer_data(host.get(), &picture, 0) : AVERROR(ENOMEM);
  if (result >= 0)
    result = av_frame_copy_props(host.get(), &picture);
  if (result < 0)
    return fail(errc::unsupported, "a frame could not be copied from the GPU: {}", ffmpeg::error_text(result));
  return host;
}

} // namespace timeloom
