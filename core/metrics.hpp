/// What a worker counts and measures, in a form that knows neither workers nor models.
///
/// Names are those of Prometheus: `timeloom_` and words, with the unit last (`_seconds`, `_bytes`, `_pictures`); a
/// counter's ends with `_total`, any other value is one of now. Plain data.
#pragma once

#include "core/histogram.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace timeloom {

struct metric {
  std::string name;
  std::string label; ///< what it is of, such as an analyzer; empty: of the whole worker
  double value = 0;

  bool operator==(const metric&) const = default;
};

inline constexpr std::array<double, 4> summary_quantiles{0.5, 0.9, 0.95, 0.99};

/// Where the buckets end in which values of the metric `name` are counted, rising: seconds from 1 ms to 1 min, of whole
/// videos (`timeloom_video_`) from 10 ms to 1 h; anything else from 1 to 256.
std::span<const double> bucket_bounds(std::string_view name);

/// How a quantity was spread since the worker started.
struct metric_summary {
  std::string name;
  std::string label;
  std::uint64_t count = 0;
  double sum = 0;
  std::array<double, summary_quantiles.size()> quantiles{}; ///< the values at `summary_quantiles`
  std::vector<std::uint64_t> below{}; ///< how many values are not above each of `bucket_bounds(name)`

  bool operator==(const metric_summary&) const = default;
};

metric_summary summary_of(std::string name, std::string label, const histogram& recorded);

struct metric_set {
  std::vector<metric> values;
  std::vector<metric_summary> summaries;

  bool operator==(const metric_set&) const = default;
};

} // namespace timeloom
