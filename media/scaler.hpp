/// Converts and scales pictures with swscale, into memory of its own.
///
/// swscale writes whole vectors, beyond the end of a row and of the picture: it must never be given memory that is
/// exactly as large as the picture, such as a slot. Keeps its context and memory between calls. One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "core/picture.hpp"
#include "media/ffmpeg.hpp"
#include "media/frame_source.hpp"

namespace timeloom {

struct scaling {
  int width = 0;
  int height = 0;
  AVPixelFormat format = AV_PIX_FMT_NONE; ///< of the result, which is full range
  bool full_range = false;                ///< of the picture
  color_matrix matrix = color_matrix::bt709;
  color_matrix result_matrix = color_matrix::bt709;
  int flags = SWS_AREA;

  bool operator==(const scaling&) const = default;
};

class scaler {
public:
  /// The converted picture is this scaler's and valid until the next call.
  expected<const AVFrame*> scale(const AVFrame& picture, const scaling& wanted);

private:
  expected<void> prepare(const AVFrame& picture, const scaling& wanted);

  ffmpeg::sws_context context_;
  av_frame result_;
  scaling prepared_; // for pictures of the size and format that follow
  int width_ = 0;
  int height_ = 0;
  int format_ = AV_PIX_FMT_NONE;
};

} // namespace timeloom
