#include "core/histogram.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace timeloom {

void histogram::record(double value) {
  assert(std::isfinite(value) && value >= 0);
  const auto place = std::floor((std::log2(value) + octaves / 2.0) * buckets_an_octave); // of 0: far below
  auto& hit = buckets_[static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(buckets_.size() - 1)))];
  ++hit.count;
  hit.sum += value;
}

void histogram::merge(const histogram& other) {
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    buckets_[i].count += other.buckets_[i].count;
    buckets_[i].sum += other.buckets_[i].sum;
  }
}

std::uint64_t histogram::count() const {
  std::uint64_t all = 0;
  for (const auto& one : buckets_)
    all += one.count;
  return all;
}

double histogram::sum() const {
  double all = 0;
  for (const auto& one : buckets_)
    all += one.sum;
  return all;
}

double histogram::quantile(double q) const {
  assert(q >= 0 && q <= 1);
  const auto rank = std::max(1.0, std::ceil(q * static_cast<double>(count())));
  std::uint64_t below = 0;
  for (const auto& one : buckets_) {
    below += one.count;
    if (one.count > 0 && static_cast<double>(below) >= rank)
      return one.sum / static_cast<double>(one.count);
  }
  return 0;
}

std::uint64_t histogram::count_to(double bound) const {
  std::uint64_t below = 0;
  for (const auto& one : buckets_)
    if (one.count > 0 && one.sum / static_cast<double>(one.count) <= bound)
      below += one.count;
  return below;
}

} // namespace timeloom
