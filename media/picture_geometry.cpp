#include "media/picture_geometry.hpp"

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
}

namespace timeloom {

namespace {

bool is_full_range(const AVFrame& picture, const AVPixFmtDescriptor& format) {
  if (picture.color_range != AVCOL_RANGE_UNSPECIFIED)
    return picture.color_range == AVCOL_RANGE_JPEG;
  switch (picture.format) {
  case AV_PIX_FMT_YUVJ420P:
  case AV_PIX_FMT_YUVJ411P:
  case AV_PIX_FMT_YUVJ422P:
  case AV_PIX_FMT_YUVJ440P:
  case AV_PIX_FMT_YUVJ444P:
    return true;
  default:
    return (format.flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL)) != 0 || format.nb_components < 3;
  }
}

color_matrix matrix_of(const AVFrame& picture) {
  switch (picture.colorspace) {
  case AVCOL_SPC_BT709:
    return color_matrix::bt709;
  case AVCOL_SPC_BT2020_NCL:
  case AVCOL_SPC_BT2020_CL:
    return color_matrix::bt2020;
  case AVCOL_SPC_SMPTE170M:
  case AVCOL_SPC_BT470BG:
  case AVCOL_SPC_FCC:
    return color_matrix::bt601;
  default:
    return std::min(picture.width, picture.height) < 720 ? color_matrix::bt601 : color_matrix::bt709;
  }
}

} // namespace

picture_geometry geometry_of(const AVFrame& picture) {
  picture_geometry geometry;
  if (const auto* side = av_frame_get_side_data(&picture, AV_FRAME_DATA_DISPLAYMATRIX);
      side != nullptr && side->size >= 9 * sizeof(std::int32_t))
    geometry.turn = orientation_of(reinterpret_cast<const std::int32_t*>(side->data));

  if (const auto aspect = picture.sample_aspect_ratio; aspect.num > 0 && aspect.den > 0)
    geometry.sample_aspect = std::clamp(av_q2d(aspect), 1.0 / 16, 16.0);
  int width = picture.width, height = picture.height;
  if (geometry.sample_aspect > 1)
    width = static_cast<int>(std::lround(width * geometry.sample_aspect));
  else if (geometry.sample_aspect < 1)
    height = static_cast<int>(std::lround(height / geometry.sample_aspect));
  geometry.upright_width = geometry.turn.transpose ? height : width;
  geometry.upright_height = geometry.turn.transpose ? width : height;

  if (const auto* format = av_pix_fmt_desc_get(static_cast<AVPixelFormat>(picture.format))) {
    geometry.pixel_format = format->name;
    geometry.full_range = is_full_range(picture, *format);
  }
  geometry.matrix = matrix_of(picture);
  return geometry;
}

const int* coefficients(color_matrix matrix) {
  switch (matrix) {
  case color_matrix::bt601:
    return sws_getCoefficients(SWS_CS_ITU601);
  case color_matrix::bt2020:
    return sws_getCoefficients(SWS_CS_BT2020);
  case color_matrix::bt709:
    break;
  }
  return sws_getCoefficients(SWS_CS_ITU709);
}

} // namespace timeloom
