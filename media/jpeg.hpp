/// Thumbnails.
#pragma once

#include "core/error.hpp"
#include "core/picture.hpp"

#include <string>

namespace timeloom {

/// The picture of `frame` as a JPEG file (JFIF, 4:2:0), scaled to `width` by `height` pixels. Any thread.
expected<std::string> encode_jpeg(const small_frame& frame, int width, int height);

} // namespace timeloom
