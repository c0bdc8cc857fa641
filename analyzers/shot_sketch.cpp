#include "analyzers/shot_sketch.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numeric>

namespace timeloom {

namespace {

constexpr int long_side = 16; // in parts of the picture
constexpr int stride_px = 4;
constexpr int channels = 3;
constexpr double least_correlation = 0.5; // between pictures of one shot
constexpr double least_contrast = 4;      // standard deviation below which there is nothing to correlate

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The mean product of the deviations of `a` and `b`.
double covariance(const std::vector<double>& a, const std::vector<double>& b) {
  const double mean_a = mean_of(a), mean_b = mean_of(b);
  return std::transform_reduce(a.begin(), a.end(), b.begin(), 0.0, std::plus{},
                               [&](double x, double y) { return (x - mean_a) * (y - mean_b); }) /
         static_cast<double>(a.size());
}

} // namespace

shot_sketch::shot_sketch(const sampled_frame& picture) {
  const auto [width, height] = picture.size;
  const double parts_a_px = std::min(1.0, static_cast<double>(long_side) / std::max(width, height));
  columns_ = std::max(1, static_cast<int>(std::lround(width * parts_a_px)));
  const int rows = std::max(1, static_cast<int>(std::lround(height * parts_a_px)));
  const auto part = [](int i, int parts, int side) { return static_cast<int>(std::int64_t{i} * side / parts); };
  for (int row = 0; row < rows; ++row)
    for (int column = 0; column < columns_; ++column) {
      std::array<std::int64_t, channels> sums{};
      std::int64_t count = 0;
      for (int y = part(row, rows, height); y < part(row + 1, rows, height); y += stride_px)
        for (int x = part(column, columns_, width); x < part(column + 1, columns_, width); x += stride_px, ++count) {
          const auto* pixel = &picture.pixels[(static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
                                               static_cast<std::size_t>(x)) *
                                              channels];
          for (std::size_t c = 0; c < channels; ++c)
            sums[c] += pixel[c];
        }
      for (const auto sum : sums)
        means_.push_back(static_cast<double>(sum) / static_cast<double>(count));
    }
}

bool shot_sketch::is_of_another_shot(const shot_sketch& other) const {
  if (columns_ != other.columns_ || means_.size() != other.means_.size())
    return true;
  const double deviation = std::sqrt(covariance(means_, means_));
  const double others = std::sqrt(covariance(other.means_, other.means_));
  const bool is_flat = deviation < least_contrast, other_is_flat = others < least_contrast;
  if (is_flat || other_is_flat)
    return is_flat != other_is_flat;
  return covariance(means_, other.means_) < least_correlation * deviation * others;
}

} // namespace timeloom
