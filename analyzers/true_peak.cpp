#include "analyzers/true_peak.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace timeloom {

namespace {

constexpr std::size_t taps = 24; // of a point, on both sides of it alike
constexpr std::size_t stretch = 64;
constexpr std::array<double, 3> between{0.25, 0.5, 0.75}; // of two samples: oversampled by four

struct filter_bank {
  std::array<std::array<float, taps>, between.size()> weights{};
  float largest_gain = 0; // of any wave whose samples have size 1
};

/// Sinc under a Hann window as wide as the taps.
filter_bank make_bank() {
  using std::numbers::pi;
  filter_bank bank;
  for (std::size_t p = 0; p < between.size(); ++p) {
    std::array<double, taps> weights{};
    double sum = 0;
    for (std::size_t k = 0; k < taps; ++k) {
      const double x = static_cast<double>(k) - static_cast<double>(taps / 2 - 1) - between[p];
      weights[k] = std::sin(pi * x) / (pi * x) * (0.5 + 0.5 * std::cos(2 * pi * x / (taps + 1)));
      sum += weights[k];
    }
    double gain = 0;
    for (std::size_t k = 0; k < taps; ++k) {
      bank.weights[p][k] = static_cast<float>(weights[k] / sum);
      gain += std::abs(weights[k] / sum);
    }
    bank.largest_gain = std::max(bank.largest_gain, static_cast<float>(gain));
  }
  return bank;
}

float largest(const float* values, std::size_t count) {
  float size = 0;
  for (std::size_t i = 0; i < count; ++i)
    size = std::max(size, std::abs(values[i]));
  return size;
}

} // namespace

void true_peak::hear(const float* samples, std::size_t count, std::size_t step) {
  static const filter_bank bank = make_bank();
  if (recent_.empty())
    recent_.assign(taps - 1, 0.0F);
  for (std::size_t i = 0; i < count; ++i)
    recent_.push_back(samples[i * step]);

  std::array<float, stretch> points{};
  for (std::size_t first = 0; first < count; first += stretch) {
    const auto many = std::min(stretch, count - first);
    const auto* window = recent_.data() + first;
    const float size = largest(window, many + taps - 1);
    if (size * bank.largest_gain <= peak_)
      continue;
    peak_ = std::max(peak_, size);
    for (const auto& weights : bank.weights) {
      points.fill(0);
      for (std::size_t k = 0; k < taps; ++k)
        for (std::size_t i = 0; i < many; ++i)
          points[i] += weights[k] * window[i + k];
      peak_ = std::max(peak_, largest(points.data(), many));
    }
  }
  recent_.erase(recent_.begin(), recent_.end() - (taps - 1));
}

} // namespace timeloom
