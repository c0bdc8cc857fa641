#include "media/sampled_picture.hpp"

#include "media/picture_geometry.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

namespace timeloom {

std::string_view to_string(sample_format format) {
  return format == sample_format::gray8 ? "gray8" : "bgr24";
}

expected<sample_format> sample_format_from_string(std::string_view name) {
  for (const auto format : {sample_format::gray8, sample_format::bgr24})
    if (to_string(format) == name)
      return format;
  return fail(errc::protocol, "\"{}\" is no format of sampled pictures", name);
}

int bytes_per_pixel(sample_format format) {
  return format == sample_format::gray8 ? 1 : 3;
}

std::int64_t largest_bytes(const sample_shape& shape) {
  return std::int64_t{shape.long_side_px} * shape.long_side_px * bytes_per_pixel(shape.format);
}

struct picture_sampler::state {
  ffmpeg::sws_context scaler;
  std::vector<std::uint8_t> stored; // before it is turned upright
};

picture_sampler::picture_sampler() : state_(std::make_unique<state>()) {}
picture_sampler::~picture_sampler() = default;

expected<picture_size> picture_sampler::sample(const decoded_frame& frame, const sample_shape& shape,
                                               std::span<std::uint8_t> target) {
  const AVFrame& picture = *frame.picture;
  const auto geometry = geometry_of(picture);
  const double scale =
      std::min(1.0, static_cast<double>(shape.long_side_px) / std::max(geometry.upright_width, geometry.upright_height));
  const picture_size size{std::max(1, static_cast<int>(geometry.upright_width * scale + 0.5)),
                          std::max(1, static_cast<int>(geometry.upright_height * scale + 0.5))};
  const int pixel = bytes_per_pixel(shape.format);
  const auto bytes = static_cast<std::size_t>(size.width) * static_cast<std::size_t>(size.height) *
                     static_cast<std::size_t>(pixel);
  if (target.size() < bytes)
    return fail(errc::exhausted, "a sampled picture of {}x{} needs {} bytes, the slot holds {}", size.width,
                size.height, bytes, target.size());

  const int width = geometry.turn.transpose ? size.height : size.width;
  const int height = geometry.turn.transpose ? size.width : size.height;
  auto& scaler = state_->scaler;
  scaler.reset(sws_getCachedContext(scaler.release(), picture.width, picture.height,
                                    static_cast<AVPixelFormat>(picture.format), width, height,
                                    shape.format == sample_format::gray8 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_BGR24,
                                    SWS_AREA | SWS_ACCURATE_RND, nullptr, nullptr, nullptr));
  if (!scaler)
    return fail(errc::unsupported, "frame {} is {}, which cannot be converted", frame.at.index, geometry.pixel_format);
  const int* matrix = coefficients(geometry.matrix);
  sws_setColorspaceDetails(scaler.get(), matrix, geometry.full_range ? 1 : 0, matrix, 1, 0, 1 << 16, 1 << 16);

  const bool turned = !geometry.turn.is_upright();
  if (turned)
    state_->stored.resize(bytes);
  std::uint8_t* planes[4] = {turned ? state_->stored.data() : target.data(), nullptr, nullptr, nullptr};
  const int strides[4] = {width * pixel, 0, 0, 0};
  if (sws_scale(scaler.get(), picture.data, picture.linesize, 0, picture.height, planes, strides) != height)
    return fail(errc::unsupported, "frame {} of {} could not be scaled", frame.at.index, geometry.pixel_format);
  if (!turned)
    return size;

  const auto& turn = geometry.turn;
  auto* out = target.data();
  for (int y = 0; y < size.height; ++y)
    for (int x = 0; x < size.width; ++x, out += pixel) {
      const int u = turn.flip_x ? size.width - 1 - x : x;
      const int v = turn.flip_y ? size.height - 1 - y : y;
      const auto at = turn.transpose ? static_cast<std::ptrdiff_t>(u) * width + v
                                     : static_cast<std::ptrdiff_t>(v) * width + u;
      std::memcpy(out, state_->stored.data() + at * pixel, static_cast<std::size_t>(pixel));
    }
  return size;
}

} // namespace timeloom
