/// How a quantity is spread: counts in buckets whose bounds grow by a fixed factor, so that memory never grows.
///
/// As in C. Masson, J. E. Rim, H. K. Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with Relative-Error
/// Guarantees", Proceedings of the VLDB Endowment 12, 2019, with the mean of a bucket's values in place of its middle:
/// a quantity that often has the same few values is told as it is. A value type; its owner guards it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace timeloom {

class histogram {
public:
  /// What `quantile` gives is off by less than this share of the value, for values in [2^-20, 2^20): as seconds, 1 us
  /// to 12 days. Values beyond are counted with the nearest of these.
  static constexpr double relative_error = 0.0443; // 2^(1 / 16) - 1

  /// `value` is finite and not negative.
  void record(double value);

  /// As if everything that `other` recorded had been recorded here.
  void merge(const histogram& other);

  std::uint64_t count() const;
  double sum() const;

  /// The least recorded value that at least the share `q`, in [0, 1], of all values does not exceed; 0 of none.
  double quantile(double q) const;

  /// How many values are not above `bound`; those within `relative_error` of it may be counted on either side.
  std::uint64_t count_to(double bound) const;

private:
  static constexpr int octaves = 40; // half of them below 1
  static constexpr int buckets_an_octave = 16;

  struct bucket {
    std::uint64_t count = 0;
    double sum = 0;
  };

  std::array<bucket, std::size_t{octaves} * buckets_an_octave> buckets_{};
};

} // namespace timeloom
