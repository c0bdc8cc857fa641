/// The colours of many pixels: how much of each, and the few that stand for them.
#pragma once

#include "analyzers/frame_grid.hpp"
#include "analyzers/oklab.hpp"

#include <cstdint>
#include <vector>

namespace timeloom {

/// The part of a grid inside letterbox or pillarbox bars: `[left, right) x [top, bottom)`.
struct grid_area {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
};

/// What is left when black bars are taken off. Bars are taken in pairs about equally wide, up to 35 % of the height or
/// width each; a picture that is black all over has none.
grid_area without_bars(const frame_grid& grid);

/// How far and how vividly colours spread, over all pixels added.
struct color_statistics {
  double brightness = 0;   ///< mean OKLab lightness, 0 to 1
  double contrast = 0;     ///< standard deviation of OKLab lightness, 0 to 0.5
  double saturation = 0;   ///< mean OKLab chroma over that of the most vivid sRGB colour (0.3225), 0 to 1
  double colorfulness = 0; ///< Hasler and Suesstrunk's M^(3); 0 none, 33 moderate, 109 extreme
  double tint_spread = 0;  ///< RMS distance of (a, b) from their mean: 0 when all is of one tint
};

struct dominant_color {
  oklab_color color; ///< mean of the pixels it stands for
  double share = 0;  ///< of all pixels
};

/// A histogram over cells of OKLab, each with the mean of what fell in. Only occupied cells take memory (at most
/// 8,000).
class color_palette {
public:
  /// Adds the grid's pixels inside `area`, which together weigh `weight`.
  void add(const frame_grid& grid, const grid_area& area, double weight);
  void add(const color_palette& other);

  bool empty() const { return weight_ <= 0; }
  color_statistics statistics() const;

  /// At most `most` colours, the largest share first, none under `least_share`. Shares sum to at most 1: pixels far
  /// from every chosen colour count for none.
  std::vector<dominant_color> dominant(int most, double least_share) const;

private:
  struct cell {
    std::uint32_t key = 0;
    double weight = 0;
    double lightness = 0; // sums, weighted
    double a = 0;
    double b = 0;
  };

  std::vector<cell> cells_; // by key
  double weight_ = 0;
  // Weighted sums for the statistics: lightness, its square, chroma, a^2 + b^2, a, b.
  double lightness_ = 0, lightness_squared_ = 0, chroma_ = 0, tint_squared_ = 0, a_ = 0, b_ = 0;
  // And of the opponent channels rg = R - G and yb = (R + G) / 2 - B, with their squares.
  double rg_ = 0, rg_squared_ = 0, yb_ = 0, yb_squared_ = 0;
};

} // namespace timeloom
