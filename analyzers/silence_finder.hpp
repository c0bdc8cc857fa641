/// Silences: where no channel passes a threshold for a while.
///
/// The measure of FFmpeg's `silencedetect`: a sample counts by its size, not by loudness. Where the stream has no sound
/// at all, before it, in a hole of it or after it, there is silence too. A plain class, one owner.
#pragma once

#include "core/sound.hpp"

#include <optional>
#include <vector>

namespace timeloom {

/// Half-open, to a thousandth of a second.
struct silence {
  media_time from{0};
  media_time to{0};

  bool operator==(const silence&) const = default;
};

class silence_finder {
public:
  /// Samples below `threshold_dbfs` are silent; `least` is the shortest silence.
  silence_finder(double threshold_dbfs, media_time least);

  /// The next block. Gives the silences that ended.
  std::vector<silence> hear(const sound_block& block);

  /// No block follows, and the video lasts until `end`.
  std::vector<silence> finish(media_time end);

  /// Until when it was heard.
  media_time heard_to() const { return heard_to_; }

  /// Since when it is silent, if it is.
  std::optional<media_time> since() const { return since_; }

private:
  void become_silent(media_time at);
  void become_loud(media_time at, std::vector<silence>& found);

  float threshold_; // of the size of a sample
  media_time least_;
  media_time heard_to_{0};
  std::optional<media_time> since_;
};

} // namespace timeloom
