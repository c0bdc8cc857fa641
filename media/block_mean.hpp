/// The mean of each block of a plane: the reduction that the small pictures are made with.
#pragma once

#include "core/picture.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace timeloom {

/// Samples of one plane as a decoder stores them: 8 bits, or up to 16 in native order, `step` samples apart.
struct stored_plane {
  const std::uint8_t* data = nullptr;
  int width = 0;
  int height = 0;
  std::ptrdiff_t stride_bytes = 0;
  int depth = 8; ///< significant bits of a sample; more than 8 means two bytes each
  int step = 1;  ///< distance of neighbours in samples: 2 for interleaved chroma
};

/// A stored level, as 8 bits, becomes `level * gain + bias`, clamped to [0, 255]: from limited to full range.
struct level_map {
  double gain = 1;
  double bias = 0;
};

/// `reduced` becomes (ceil(height / block_height), ceil(width / block_width)), each sample the mean of its block,
/// mapped by `levels` and rounded; blocks at the right and lower edge may be smaller. Blocks are 1 to 256 samples long
/// each way. `row_sums` is scratch that keeps its memory between calls.
void block_mean(const stored_plane& source, int block_width, int block_height, const level_map& levels, plane& reduced,
                std::vector<std::uint32_t>& row_sums);

} // namespace timeloom
