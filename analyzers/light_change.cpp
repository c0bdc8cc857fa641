#include "analyzers/light_change.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace timeloom {

namespace {

constexpr double strong_gain = 0.35;  // its logarithm
constexpr double strong_change = 30;  // of a picture's luma
constexpr double fade_per_s = 0.2;    // of the luma
constexpr double least_fade = 5;      // of a picture's luma
constexpr double least_contrast = 16; // between the dark and the bright half
constexpr double small_half = 0.25;

using histogram = std::array<int, 511>;

int count_of(const histogram& counts) {
  return std::accumulate(counts.begin(), counts.end(), 0);
}

/// The value that half of those counted lie below.
int median_of(const histogram& counts) {
  const int all = count_of(counts);
  int below = 0;
  for (std::size_t i = 0; i < counts.size(); ++i)
    if (2 * (below += counts[i]) >= all)
      return static_cast<int>(i);
  return 0;
}

} // namespace

bool light_change::is_strong(double luma) const {
  return std::abs(std::log(gain)) > strong_gain || std::abs((gain - 1) * luma + offset) > strong_change;
}

bool light_change::is_fade(double luma, double seconds) const {
  return std::abs((gain - 1) * luma + offset) > std::max(least_fade, fade_per_s * seconds * luma);
}

cv::Mat light_change::applied_to(const cv::Mat& picture) const {
  if (is_none())
    return picture;
  cv::Mat out;
  picture.convertTo(out, CV_8U, gain, offset);
  return out;
}

light_change light_between(const cv::Mat& shows, const cv::Mat& picture, const cv::Mat& where) {
  const auto middle = static_cast<int>(cv::mean(shows, where)[0]);
  std::array<histogram, 2> lumas{}, changes{};
  for (int y = 0; y < picture.rows; ++y) {
    const auto* now = picture.ptr<std::uint8_t>(y);
    const auto* before = shows.ptr<std::uint8_t>(y);
    const auto* wanted = where.ptr<std::uint8_t>(y);
    for (int x = 0; x < picture.cols; ++x) {
      if (wanted[x] == 0)
        continue;
      const auto half = static_cast<std::size_t>(before[x] >= middle);
      ++lumas[half][before[x]];
      ++changes[half][static_cast<std::size_t>(now[x] - before[x] + 255)];
    }
  }
  const int darks = count_of(lumas[0]), brights = count_of(lumas[1]);
  if (darks + brights == 0)
    return {};
  const double dark = median_of(lumas[0]), bright = median_of(lumas[1]);
  const double dark_by = median_of(changes[0]) - 255, bright_by = median_of(changes[1]) - 255;
  const int fewer = std::min(darks, brights);
  // On a plain ground, what a small thing covered becomes like the ground when it leaves. That is no light.
  if (fewer == 0 ||
      (fewer < small_half * (darks + brights) && std::abs(bright + bright_by - dark - dark_by) < least_contrast)) {
    const double ground_by = darks > brights ? dark_by : bright_by;
    return {1, std::abs(ground_by) <= 1 ? 0 : ground_by};
  }
  if (std::abs(dark_by) <= 1 && std::abs(bright_by) <= 1)
    return {};
  const double gain =
      bright - dark < least_contrast ? 1 : std::clamp(1 + (bright_by - dark_by) / (bright - dark), 0.05, 20.0);
  return {gain, (dark + dark_by + bright + bright_by) / 2 - gain * (dark + bright) / 2};
}

} // namespace timeloom
