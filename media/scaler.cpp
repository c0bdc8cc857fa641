#include "media/scaler.hpp"

#include "media/picture_geometry.hpp"

extern "C" {
#include <libavutil/opt.h>
#include <libavutil/pixdesc.h>
}

namespace timeloom {

expected<void> scaler::prepare(const AVFrame& picture, const scaling& wanted) {
  if (context_ && prepared_ == wanted && width_ == picture.width && height_ == picture.height &&
      format_ == picture.format)
    return {};
  context_.reset(sws_alloc_context());
  result_.reset(av_frame_alloc());
  if (!context_ || !result_)
    return fail(errc::exhausted, "no memory to scale a picture");
  // The ranges are set before the context is made ready: it chooses ways that cannot change the range where both are
  // the same then.
  const std::pair<const char*, int> options[] = {
      {"srcw", picture.width},        {"srch", picture.height},
      {"src_format", picture.format}, {"src_range", wanted.full_range ? 1 : 0},
      {"dstw", wanted.width},         {"dsth", wanted.height},
      {"dst_format", wanted.format},  {"dst_range", 1},
      {"sws_flags", wanted.flags},
  };
  int result = 0;
  for (const auto& [name, value] : options)
    result = std::min(result, av_opt_set_int(context_.get(), name, value, 0));
  if (result >= 0)
    result = sws_init_context(context_.get(), nullptr, nullptr);
  if (result >= 0) {
    sws_setColorspaceDetails(context_.get(), coefficients(wanted.matrix), wanted.full_range ? 1 : 0,
                             coefficients(wanted.result_matrix), 1, 0, 1 << 16, 1 << 16);
    result_->width = wanted.width;
    result_->height = wanted.height;
    result_->format = wanted.format;
    result = av_frame_get_buffer(result_.get(), 0); // rows and end are padded
  }
  if (result < 0) {
    context_.reset();
    const auto* name = av_get_pix_fmt_name(static_cast<AVPixelFormat>(picture.format));
    return fail(errc::unsupported, "a picture of {}x{} in {} cannot be converted to {}x{}: {}", picture.width,
                picture.height, name != nullptr ? name : "no known format", wanted.width, wanted.height,
                ffmpeg::error_text(result));
  }
  prepared_ = wanted;
  width_ = picture.width;
  height_ = picture.height;
  format_ = picture.format;
  return {};
}

expected<const AVFrame*> scaler::scale(const AVFrame& picture, const scaling& wanted) {
  if (auto ready = prepare(picture, wanted); !ready)
    return tl::unexpected{ready.error()};
  const int lines =
      sws_scale(context_.get(), picture.data, picture.linesize, 0, picture.height, result_->data, result_->linesize);
  if (lines != wanted.height)
    return fail(errc::unsupported, "a picture of {}x{} could not be scaled to {}x{}", picture.width, picture.height,
                wanted.width, wanted.height);
  return result_.get();
}

} // namespace timeloom
