/// Loudness after EBU R128 (ITU-R BS.1770-4, EBU Tech 3341 and 3342), by libebur128.
///
/// A stream whose rate or channels change is measured on as one programme. A plain class, one owner.
#pragma once

#include "analyzers/true_peak.hpp"
#include "core/error.hpp"
#include "core/sound.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace timeloom {

/// Loudness and levels are not told below this: the absolute gate of BS.1770 for LUFS, and taken over for dBFS.
inline constexpr double quietest = -70;

/// One second of sound.
struct loudness_point {
  double momentary_lufs = quietest;  ///< the highest of the second, over windows of 0.4 s
  double short_term_lufs = quietest; ///< over the 3 s until the second's end
  double peak_dbfs = quietest;       ///< the largest sample of any channel
};

/// Seconds without a hole between them; the last may be a shorter one.
struct loudness_run {
  static constexpr std::size_t most_points = 60;

  media_time start{0};
  media_time end{0};
  std::vector<loudness_point> points; ///< one a second from `start` on, 1 to most_points
};

/// The sound as a whole.
struct programme_loudness {
  media_time start{0};
  media_time end{0};
  double integrated_lufs = quietest;
  double range_lu = 0;
  double true_peak_dbtp = quietest;
  double momentary_max_lufs = quietest;
  double short_term_max_lufs = quietest;
  int channels = 0; ///< at its end
  int rate_hz = 0;  ///< likewise
};

class loudness_meter {
public:
  loudness_meter();
  ~loudness_meter();

  /// The next block. An error means that nothing more is measured.
  expected<void> hear(const sound_block& block);

  /// No block follows.
  void finish();

  /// The runs that ended since the last call.
  std::vector<loudness_run> take_runs() { return std::exchange(runs_, {}); }

  /// Where the run begins that has not ended, if there is one.
  const loudness_run& open_run() const { return run_; }

  /// What was measured so far.
  programme_loudness programme() const;

private:
  struct meter; // libebur128's

  expected<void> set_format(const sound_block& block);
  void end_step();
  void end_second();
  void end_run();
  void break_off();

  std::unique_ptr<meter> meter_;
  std::vector<channel_role> channels_;
  std::vector<true_peak> true_peaks_; // of each channel
  float true_peak_ = 0;               // of those that a change of channels ended
  std::size_t step_frames_ = 0;       // in a tenth of a second
  std::size_t heard_frames_ = 0;      // of the step
  int steps_ = 0;                     // of the second
  float peak_ = 0;                    // of the second
  loudness_point point_;              // of the second
  loudness_run run_;
  std::vector<loudness_run> runs_;
  programme_loudness programme_;
  bool begun_ = false;
};

} // namespace timeloom
