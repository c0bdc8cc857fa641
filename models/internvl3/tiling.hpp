/// A picture as InternVL3 sees it: cut into tiles in a grid of nearly its own aspect ratio, and once as a whole.
///
/// As transformers' GotOcr2ImageProcessorFast, which the -hf checkpoints name, does it. OpenGVLab's dynamic_preprocess
/// chooses the same grids and cuts the same tiles; it differs in the resizing, which is Pillow's (see bicubic.hpp), so
/// by 1 of 255 levels at times.
#pragma once

#include "core/error.hpp"
#include "models/rgb_picture.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace timeloom {

struct tiling_options {
  int side = 448;        ///< of a tile, in samples
  int least = 1;         ///< tiles of the grid
  int most = 12;         ///< tiles of the grid, without the thumbnail
  bool thumbnail = true; ///< of the whole picture, after the tiles, when there is more than one
};

struct tile_grid {
  int columns = 1;
  int rows = 1;

  bool operator==(const tile_grid&) const = default;
};

/// The grid of `least` to `most` tiles whose aspect ratio is nearest to the picture's. Of several as near, a larger one
/// is taken as long as the picture has more than half of its samples.
tile_grid best_grid(int width, int height, const tiling_options& options);

/// Normalised tiles, (count, 3, side, side), RGB: levels / 255, less ImageNet's mean, over its deviation.
struct picture_tiles {
  int count = 0;
  int side = 0;
  std::vector<float> samples;
  std::string digest = {}; ///< the same only for the same tiles; empty: not known
};

/// Fails with `errc::invalid_argument` when the picture is empty or the options are impossible.
expected<picture_tiles> cut_tiles(const rgb_view& picture, const tiling_options& options);

} // namespace timeloom
