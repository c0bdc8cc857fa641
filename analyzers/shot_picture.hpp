/// What shot detection keeps of a frame: the same few thousand samples whatever the size of the video.
///
/// Plain values without threads of their own; a `shot_picture` may be reused for another frame to save allocations.
#pragma once

#include "core/picture.hpp"

#include <array>
#include <cstdint>

namespace timeloom {

struct shot_picture {
  static constexpr int width = 96;
  static constexpr int height = 54;
  static constexpr int block = 8; ///< blocks are (8, 8); the grid is centred, with 3 rows left above and below
  static constexpr int blocks_x = 12;
  static constexpr int blocks_y = 6;
  static constexpr int block_top = 3;
  static constexpr int small_width = 32; ///< chroma, and luma for mixing
  static constexpr int small_height = 18;
  static constexpr int half_width = 48;
  static constexpr int half_height = 27;
  static constexpr int mix_size = small_width * small_height + 2 * (small_width / 2) * (small_height / 2);

  frame_position at;
  std::array<std::uint8_t, width * height> luma{};           ///< (54, 96)
  std::array<std::uint8_t, half_width * half_height> half{}; ///< (27, 48), luma
  std::array<std::uint8_t, small_width * small_height> cb{}; ///< (18, 32)
  std::array<std::uint8_t, small_width * small_height> cr{}; ///< (18, 32)
  std::array<std::int16_t, mix_size> mix{};                  ///< luma (18, 32), then cb and cr (9, 16), centred on 0
  std::array<float, static_cast<std::size_t>(blocks_x) * blocks_y> texture{}; ///< mean absolute deviation in each block
  float mean = 0;                                                             ///< of the luma
  float deviation = 0;                                                        ///< standard deviation of the luma
  float detail = 0; ///< mean absolute difference of neighbouring samples, both ways
};

/// Fills `out` from a frame of any size from (1, 1) up; a frame without chroma counts as grey.
void reduce(const small_frame& frame, shot_picture& out);

} // namespace timeloom
