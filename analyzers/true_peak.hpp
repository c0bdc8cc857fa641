/// How far the wave between the samples goes, by oversampling (ITU-R BS.1770-4, annex 2).
///
/// Stretches that cannot pass the peak so far are not oversampled. A plain class, one owner, one channel.
#pragma once

#include <cstddef>
#include <vector>

namespace timeloom {

class true_peak {
public:
  /// The next samples of the channel: every `step`-th of those from `samples` on, `count` of them.
  void hear(const float* samples, std::size_t count, std::size_t step);

  /// The largest size so far, 1 being full scale.
  float peak() const { return peak_; }

private:
  std::vector<float> recent_; // the samples before, then the new ones
  float peak_ = 0;
};

} // namespace timeloom
