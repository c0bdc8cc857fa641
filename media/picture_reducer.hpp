/// Makes the small pictures that the fused analyzers see.
///
/// Planar YCbCr is averaged block by block straight from the decoder's planes, never converted to RGB or scaled by a
/// general scaler: 1080p costs about a read of its planes. Other formats go through swscale.
/// Keeps its buffers between frames. One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "core/picture.hpp"
#include "media/frame_source.hpp"

#include <memory>

namespace timeloom {

class picture_reducer {
public:
  /// The longer side of the luma plane is at most `long_side_px`.
  explicit picture_reducer(int long_side_px = 480);
  ~picture_reducer();

  /// The planes are this reducer's and valid until the next call.
  expected<small_frame> reduce(const decoded_frame& frame);

private:
  struct buffers;
  int long_side_px_;
  std::unique_ptr<buffers> buffers_;
};

} // namespace timeloom
