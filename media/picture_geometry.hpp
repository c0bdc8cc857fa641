/// Where the pixels of a decoded picture belong: orientation, pixel shape, range and colours.
#pragma once

#include "core/picture.hpp"
#include "media/ffmpeg.hpp"
#include "media/orientation.hpp"

#include <string>

namespace timeloom {

struct picture_geometry {
  orientation turn;
  double sample_aspect = 1; ///< width over height of a stored pixel
  int upright_width = 0;    ///< in square pixels, turned
  int upright_height = 0;
  bool full_range = false;
  color_matrix matrix = color_matrix::bt709;
  std::string pixel_format;
};

/// Colours that are not stated are taken as players take them: RGB and "J" formats are full range, others limited;
/// BT.601 below 720 lines, else BT.709.
picture_geometry geometry_of(const AVFrame& picture);

/// What swscale calls the matrix.
const int* coefficients(color_matrix matrix);

} // namespace timeloom
