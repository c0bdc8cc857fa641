/// What a frame looks like in a few hundred numbers, for telling whether two shots show the same place.
#pragma once

#include "analyzers/frame_grid.hpp"

#include <array>

namespace timeloom {

/// A joint histogram of luma and chroma, each value shared between its two nearest bins in every direction so that a
/// small change of light moves no pixel to an unlike bin. Chroma bins are finer near grey, where most pictures live.
struct appearance {
  static constexpr int luma_bins = 8;
  static constexpr int chroma_bins = 9;

  std::array<float, luma_bins * chroma_bins * chroma_bins> bins{}; ///< sums to `weight`
  float weight = 0;

  void add(const appearance& other);
};

appearance appearance_of(const frame_grid& grid);

/// Histogram intersection (M. Swain and D. Ballard, "Color indexing", 1991): 1 for the same, 0 for nothing in common or
/// an empty one.
double similarity_of(const appearance& one, const appearance& other);

/// Black or white all over, but for what a watermark takes.
bool is_blank(const frame_grid& grid);

/// How sharp a picture is: the mean absolute second difference of luma along rows and columns. To be compared only
/// between frames of one shot.
double sharpness_of(const plane_view& luma);

} // namespace timeloom
