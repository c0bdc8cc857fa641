#include "media/sampled_picture.hpp"

#include "media/picture_geometry.hpp"
#include "media/scaler.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace timeloom {

namespace {

picture_size size_in(const picture_geometry& geometry, const sample_shape& shape) {
  const double scale = std::min(1.0, static_cast<double>(shape.long_side_px) /
                                         std::max(geometry.upright_width, geometry.upright_height));
  return {std::max(1, static_cast<int>(geometry.upright_width * scale + 0.5)),
          std::max(1, static_cast<int>(geometry.upright_height * scale + 0.5))};
}

} // namespace

picture_size sampled_size(const decoded_frame& frame, const sample_shape& shape) {
  return size_in(geometry_of(*frame.picture), shape);
}

picture_sampler::picture_sampler() : scaler_(std::make_unique<scaler>()) {}
picture_sampler::~picture_sampler() = default;

expected<picture_size> picture_sampler::sample(const decoded_frame& frame, const sample_shape& shape,
                                               std::span<std::uint8_t> target) {
  const AVFrame& picture = *frame.picture;
  const auto geometry = geometry_of(picture);
  const auto size = size_in(geometry, shape);
  const int pixel = bytes_per_pixel(shape.format);
  const auto bytes =
      static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) * static_cast<std::size_t>(pixel);
  if (target.size() < bytes)
    return fail(errc::exhausted, "a sampled picture of {}x{} needs {} bytes, the slot holds {}", size.width,
                size.height, bytes, target.size());

  const int width = geometry.turn.transpose ? size.height : size.width;
  const int height = geometry.turn.transpose ? size.width : size.height;
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  const bool alpha = format != nullptr && (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
  const bool gray = shape.format == sample_format::gray8;
  const int colors = gray ? 1 : 3;
  const auto opaque_format = gray ? AV_PIX_FMT_GRAY8 : pixel == 3 ? AV_PIX_FMT_BGR24 : AV_PIX_FMT_BGR0;
  const auto alpha_format = gray ? AV_PIX_FMT_YA8 : AV_PIX_FMT_BGRA;
  const auto scaled = scaler_->scale(picture, {.width = width,
                                               .height = height,
                                               .format = alpha ? alpha_format : opaque_format,
                                               .full_range = geometry.full_range,
                                               .matrix = geometry.matrix,
                                               .result_matrix = geometry.matrix,
                                               .flags = SWS_AREA | SWS_ACCURATE_RND});
  if (!scaled)
    return fail(errc::unsupported, "frame {}: {}", frame.at.index, scaled.error().message);

  const auto& turn = geometry.turn;
  const auto* stored = (*scaled)->data[0];
  const std::ptrdiff_t stride = (*scaled)->linesize[0], step = alpha ? colors + 1 : pixel;
  auto* out = target.data();
  for (int y = 0; y < size.height; ++y) {
    if (turn.is_upright() && !alpha) {
      out = std::copy_n(stored + y * stride, size.width * pixel, out);
      continue;
    }
    for (int x = 0; x < size.width; ++x) {
      const int u = turn.flip_x ? size.width - 1 - x : x;
      const int v = turn.flip_y ? size.height - 1 - y : y;
      const auto* from = stored + (turn.transpose ? u * stride + v * step : v * stride + u * step);
      const int opacity = alpha ? from[colors] : 255;
      for (int i = 0; i < colors; ++i)
        out[i] = static_cast<std::uint8_t>((from[i] * opacity + 127) / 255);
      out += pixel;
    }
  }
  return size;
}

} // namespace timeloom
