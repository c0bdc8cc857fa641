#include "media/picture_reducer.hpp"

#include "media/block_mean.hpp"
#include "media/picture_geometry.hpp"
#include "media/scaler.hpp"

#include <algorithm>

extern "C" {
#include <libavutil/pixdesc.h>
}

namespace timeloom {

struct picture_reducer::buffers {
  struct channel {
    plane reduced; // as stored
    plane turned;  // upright, when the picture is not
  };
  channel luma, cb, cr, alpha;
  std::vector<std::uint32_t> row_sums;
  timeloom::scaler scaler;
};

namespace {

/// Planar (or with interleaved chroma) YCbCr or grey in native byte order: what `block_mean` reads directly.
bool is_plain_ycbcr(const AVPixFmtDescriptor& format) {
  constexpr std::uint64_t other = AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL | AV_PIX_FMT_FLAG_BITSTREAM |
                                  AV_PIX_FMT_FLAG_HWACCEL | AV_PIX_FMT_FLAG_BAYER | AV_PIX_FMT_FLAG_FLOAT |
                                  AV_PIX_FMT_FLAG_BE;
  if ((format.flags & other) != 0 || format.comp[0].depth < 8 || format.comp[0].depth > 16)
    return false;
  if (format.nb_components >= 3 &&
      ((format.flags & AV_PIX_FMT_FLAG_PLANAR) == 0 || format.log2_chroma_w > 1 || format.log2_chroma_h > 1))
    return false;
  for (int i = 0; i < format.nb_components; ++i)
    if (format.comp[i].shift != 0 && format.comp[i].depth != 10 && format.comp[i].depth != 12)
      return false;
  const int bytes = format.comp[0].depth > 8 ? 2 : 1;
  return format.comp[0].step == bytes && format.nb_components != 2; // two: grey with alpha, interleaved
}

stored_plane component_of(const AVFrame& picture, const AVPixFmtDescriptor& format, int component) {
  const auto& c = format.comp[component];
  const bool chroma = component == 1 || component == 2;
  stored_plane source;
  source.data = picture.data[c.plane] + c.offset;
  source.stride_bytes = picture.linesize[c.plane];
  source.width = chroma ? AV_CEIL_RSHIFT(picture.width, format.log2_chroma_w) : picture.width;
  source.height = chroma ? AV_CEIL_RSHIFT(picture.height, format.log2_chroma_h) : picture.height;
  source.depth = c.depth + c.shift; // P010 keeps its 10 bits on top of 16
  source.step = c.step / (c.depth > 8 ? 2 : 1);
  return source;
}

constexpr level_map luma_from_limited{255.0 / 219, -16 * 255.0 / 219};
constexpr level_map chroma_from_limited{255.0 / 224, 128 - 128 * 255.0 / 224};

void copy_rows(const AVFrame& picture, int component, int width, int height, plane& copy) {
  copy.resize(width, height);
  for (int y = 0; y < height; ++y)
    std::copy_n(picture.data[component] + static_cast<std::ptrdiff_t>(y) * picture.linesize[component], width,
                copy.row(y));
}

/// Lays the picture over black.
void flatten(plane& samples, const plane& alpha, int factor, int neutral) {
  for (int y = 0; y < samples.height(); ++y)
    for (int x = 0; x < samples.width(); ++x) {
      const int opacity = alpha.row(std::min(y * factor, alpha.height() - 1))[std::min(x * factor, alpha.width() - 1)];
      auto& sample = samples.row(y)[x];
      sample = static_cast<std::uint8_t>(neutral + (sample - neutral) * opacity / 255);
    }
}

plane_view upright(const plane& stored, plane& turned, orientation turn) {
  if (turn.is_upright())
    return stored.view();
  const int width = turn.transpose ? stored.height() : stored.width();
  const int height = turn.transpose ? stored.width() : stored.height();
  turned.resize(width, height);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const int u = turn.flip_x ? width - 1 - x : x;
      const int v = turn.flip_y ? height - 1 - y : y;
      turned.row(y)[x] = turn.transpose ? stored.row(u)[v] : stored.row(v)[u];
    }
  return turned.view();
}

} // namespace

picture_reducer::picture_reducer(int long_side_px)
    : long_side_px_(long_side_px), buffers_(std::make_unique<buffers>()) {}

picture_reducer::~picture_reducer() = default;

expected<small_frame> picture_reducer::reduce(const decoded_frame& frame) {
  const AVFrame& picture = *frame.picture;
  const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format));
  if (format == nullptr || picture.width <= 0 || picture.height <= 0)
    return fail(errc::unsupported, "frame {} has no known pixel format", frame.at.index);
  const auto geometry = geometry_of(picture);
  auto& [luma, cb, cr, alpha, row_sums, scaler] = *buffers_;
  const int block = (std::max(picture.width, picture.height) + long_side_px_ - 1) / long_side_px_;
  if (block > 128)
    return fail(errc::unsupported, "frame {} of {}x{} pixels is too large", frame.at.index, picture.width,
                picture.height);
  const int width = (picture.width + block - 1) / block, height = (picture.height + block - 1) / block;
  const bool has_alpha = (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
  const bool full_range = geometry.full_range;

  if (is_plain_ycbcr(*format)) {
    const auto luma_levels = full_range ? level_map{} : luma_from_limited;
    const auto chroma_levels = full_range ? level_map{} : chroma_from_limited;
    block_mean(component_of(picture, *format, 0), block, block, luma_levels, luma.reduced, row_sums);
    if (format->nb_components >= 3) {
      const int block_w = std::max(1, 2 * block >> format->log2_chroma_w);
      const int block_h = std::max(1, 2 * block >> format->log2_chroma_h);
      block_mean(component_of(picture, *format, 1), block_w, block_h, chroma_levels, cb.reduced, row_sums);
      block_mean(component_of(picture, *format, 2), block_w, block_h, chroma_levels, cr.reduced, row_sums);
    }
    if (has_alpha)
      block_mean(component_of(picture, *format, 3), block, block, level_map{}, alpha.reduced, row_sums);
  } else {
    const bool rgb = (format->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0;
    const auto scaled = scaler.scale(picture, {.width = width,
                                               .height = height,
                                               .format = has_alpha ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P,
                                               .full_range = rgb || full_range,
                                               .matrix = geometry.matrix,
                                               .result_matrix = geometry.matrix});
    if (!scaled)
      return fail(errc::unsupported, "frame {}: {}", frame.at.index, scaled.error().message);
    copy_rows(**scaled, 0, width, height, luma.reduced);
    copy_rows(**scaled, 1, (width + 1) / 2, (height + 1) / 2, cb.reduced);
    copy_rows(**scaled, 2, (width + 1) / 2, (height + 1) / 2, cr.reduced);
    if (has_alpha)
      copy_rows(**scaled, 3, width, height, alpha.reduced);
  }

  const int chroma_width = (width + 1) / 2, chroma_height = (height + 1) / 2;
  if (is_plain_ycbcr(*format) && format->nb_components < 3) {
    for (auto* channel : {&cb.reduced, &cr.reduced}) {
      channel->resize(chroma_width, chroma_height);
      std::fill_n(channel->row(0), chroma_width * chroma_height, std::uint8_t{128});
    }
  }
  if (has_alpha) {
    flatten(luma.reduced, alpha.reduced, 1, 0);
    flatten(cb.reduced, alpha.reduced, 2, 128);
    flatten(cr.reduced, alpha.reduced, 2, 128);
  }
  return small_frame{frame.at,
                     upright(luma.reduced, luma.turned, geometry.turn),
                     upright(cb.reduced, cb.turned, geometry.turn),
                     upright(cr.reduced, cr.turned, geometry.turn),
                     geometry.matrix,
                     geometry.turn.transpose ? 1 / geometry.sample_aspect : geometry.sample_aspect};
}

} // namespace timeloom
