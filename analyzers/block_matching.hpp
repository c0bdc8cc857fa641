/// What is new in a picture: the blocks that no displaced block of another picture explains.
#pragma once

#include "analyzers/shot_picture.hpp"

#include <array>
#include <cstdint>

namespace timeloom {

/// A displacement in samples of `shot_picture::luma`.
struct block_vector {
  int x = 0;
  int y = 0;
};

struct block_novelty {
  float difference = 0; ///< mean absolute difference of luma and chroma to the best displaced block
  float ratio = 0;      ///< in [0, 1]: the difference over the texture
  float weight = 1;     ///< how much there is to see
};

struct unexplained_change {
  double share = 0;  ///< in [0, 1]: each block's difference over its texture, flat blocks that agree hardly counting
  double levels = 0; ///< mean absolute difference of luma and chroma
};

/// Explains each block of a picture by a displaced block of the one before. One owner, one thread.
class block_matcher {
public:
  /// What no displaced block of `before` explains of `after`.
  unexplained_change compare(const shot_picture& before, const shot_picture& after);

private:
  std::array<block_vector, static_cast<std::size_t>(shot_picture::blocks_x) * shot_picture::blocks_y> last_{};
};

/// The farthest that a block is looked for in each direction.
constexpr block_vector farthest_motion{16, 12};

/// What no block of `before` displaced by at most `reach` explains of block (bx, by) of `after`.
block_novelty novelty_of_block(const shot_picture& before, const shot_picture& after, int bx, int by,
                               block_vector reach = farthest_motion);

/// The weighted mean ratio over all blocks.
double novelty(const shot_picture& before, const shot_picture& after);

} // namespace timeloom
