#include "models/bicubic.hpp"

#include <algorithm>
#include <cmath>

namespace timeloom {

namespace {

double keys_kernel(double x) {
  constexpr double a = -0.5;
  x = std::abs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

/// For each sample of a line: which samples of the line before it is made of, and how much of each.
struct line_weights {
  int taps = 0;  // room for each sample
  int shift = 0; // weights are in units of 2^-shift
  std::vector<int> first;
  std::vector<int> count;
  std::vector<std::int16_t> weights; // (samples, taps)
};

line_weights weights_between(int from, int to) {
  const double scale = static_cast<double>(from) / to;
  const double stretch = std::max(scale, 1.0);
  const double support = 2.0 * stretch;
  line_weights made;
  made.taps = static_cast<int>(std::ceil(support)) * 2 + 1;
  std::vector<double> exact(static_cast<std::size_t>(to) * static_cast<std::size_t>(made.taps));
  double largest = 0;
  for (int i = 0; i < to; ++i) {
    const double center = scale * (i + 0.5);
    const int first = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::clamp(std::min(static_cast<int>(center + support + 0.5), from) - first, 0, made.taps);
    double* const line = exact.data() + static_cast<std::ptrdiff_t>(i) * made.taps;
    double sum = 0;
    for (int j = 0; j < count; ++j)
      sum += line[j] = keys_kernel((j + first - center + 0.5) / stretch);
    for (int j = 0; j < count; ++j)
      largest = std::max(largest, line[j] /= sum);
    made.first.push_back(first);
    made.count.push_back(count);
  }
  // As many bits as let the largest weight stay within 15.
  while (made.shift < 22 && static_cast<int>(0.5 + largest * (1 << (made.shift + 1))) < (1 << 15))
    ++made.shift;
  for (const double weight : exact)
    made.weights.push_back(static_cast<std::int16_t>(weight * (1 << made.shift) + (weight < 0 ? -0.5 : 0.5)));
  return made;
}

std::uint8_t level(std::int32_t sum, int shift) {
  return static_cast<std::uint8_t>(std::clamp(sum >> shift, 0, 255));
}

rgb_picture with_width(const rgb_view& picture, int width) {
  const auto lines = weights_between(picture.width, width);
  rgb_picture made{width, picture.height, {}};
  made.pixels.resize(std::size_t{3} * static_cast<std::size_t>(width) * static_cast<std::size_t>(picture.height));
  auto* out = made.pixels.data();
  for (int y = 0; y < picture.height; ++y) {
    const auto* const row = picture.row(y);
    for (int x = 0; x < width; ++x, out += 3) {
      const auto at = static_cast<std::size_t>(x);
      const auto* const weights = lines.weights.data() + static_cast<std::ptrdiff_t>(x) * lines.taps;
      const auto* sample = row + std::ptrdiff_t{3} * lines.first[at];
      std::int32_t red = 1 << (lines.shift - 1);
      std::int32_t green = red;
      std::int32_t blue = red;
      for (int j = 0; j < lines.count[at]; ++j, sample += 3) {
        red += weights[j] * sample[0];
        green += weights[j] * sample[1];
        blue += weights[j] * sample[2];
      }
      out[0] = level(red, lines.shift);
      out[1] = level(green, lines.shift);
      out[2] = level(blue, lines.shift);
    }
  }
  return made;
}

rgb_picture with_height(const rgb_view& picture, int height) {
  const auto lines = weights_between(picture.height, height);
  const auto row_bytes = std::size_t{3} * static_cast<std::size_t>(picture.width);
  rgb_picture made{picture.width, height, {}};
  made.pixels.resize(row_bytes * static_cast<std::size_t>(height));
  std::vector<std::int32_t> sums(row_bytes);
  for (int y = 0; y < height; ++y) {
    const auto at = static_cast<std::size_t>(y);
    std::fill(sums.begin(), sums.end(), 1 << (lines.shift - 1));
    for (int j = 0; j < lines.count[at]; ++j) {
      const auto weight = lines.weights[at * static_cast<std::size_t>(lines.taps) + static_cast<std::size_t>(j)];
      const auto* const row = picture.row(lines.first[at] + j);
      for (std::size_t x = 0; x < row_bytes; ++x)
        sums[x] += weight * static_cast<std::int16_t>(row[x]);
    }
    auto* const out = made.pixels.data() + at * row_bytes;
    for (std::size_t x = 0; x < row_bytes; ++x)
      out[x] = level(sums[x], lines.shift);
  }
  return made;
}

} // namespace

rgb_picture resize_bicubic(const rgb_view& picture, int width, int height) {
  if (width == picture.width)
    return with_height(picture, height);
  const auto lines = with_width(picture, width);
  return height == picture.height ? lines : with_height(lines.view(), height);
}

} // namespace timeloom
