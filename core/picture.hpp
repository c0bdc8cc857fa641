/// Pixels that somebody else owns, and pixels owned here.
#pragma once

#include "core/media_time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timeloom {

/// 8-bit samples, (height, width), row by row, `stride` bytes from row to row. Does not own them.
struct plane_view {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  int stride = 0;

  const std::uint8_t* row(int y) const { return data + static_cast<std::ptrdiff_t>(y) * stride; }
};

/// 8-bit samples, (height, width, 3): blue, green, red; rows without gaps. Does not own them.
struct bgr_view {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;

  const std::uint8_t* row(int y) const { return data + 3 * static_cast<std::ptrdiff_t>(y) * width; }
};

/// 8-bit samples, (height, width), rows without gaps.
class plane {
public:
  plane() = default;
  plane(int width, int height) { resize(width, height); }

  void resize(int width, int height) {
    width_ = width;
    height_ = height;
    samples_.resize(static_cast<std::size_t>(width) * static_cast<std::size_t>(height));
  }

  int width() const { return width_; }
  int height() const { return height_; }
  std::uint8_t* row(int y) { return samples_.data() + static_cast<std::ptrdiff_t>(y) * width_; }
  const std::uint8_t* row(int y) const { return samples_.data() + static_cast<std::ptrdiff_t>(y) * width_; }
  plane_view view() const { return {samples_.data(), width_, height_, width_}; }

private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> samples_;
};

/// Which matrix turns YCbCr into RGB (ITU-R BT.601-7, BT.709-6, BT.2020-2 non-constant luminance).
enum class color_matrix : std::uint8_t { bt601, bt709, bt2020 };

/// A reduced upright picture of one frame, lent for the length of a call: what the fused analyzers see.
///
/// `luma` is (H, W) with the longer side at most 480; `cb` and `cr` are ((H + 1) / 2, (W + 1) / 2).
/// All are full range: luma 0 is black and 255 white, chroma 128 is neutral. Each sample is the mean of the block of
/// the decoded picture that it covers. Size and matrix may change from frame to frame when the stream does.
struct small_frame {
  frame_position at;
  plane_view luma;
  plane_view cb;
  plane_view cr;
  color_matrix matrix = color_matrix::bt709;
  double sample_aspect = 1; ///< width over height of a sample as it is shown
};

} // namespace timeloom
