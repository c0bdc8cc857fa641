/// Decoded sound on its way from the file to those who listen.
#pragma once

#include "core/media_time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace timeloom {

/// What a channel counts for in loudness (ITU-R BS.1770-4, table 4): 1, 1.41 or nothing.
enum class channel_role : std::uint8_t { front, surround, low_frequency };

/// A stretch of sound, less than half a second. Owns its samples.
///
/// `samples` is (frames, channels), interleaved; 1 is full scale, every value is finite and at most
/// `loudest_sample` in size. Rate and channels may change from block to block when the stream does.
struct sound_block {
  media_time start{0}; ///< not before the end of the block before
  int rate_hz = 0;
  std::vector<channel_role> channels; ///< at least one
  std::vector<float> samples;

  std::size_t frames() const { return samples.size() / channels.size(); }
  media_time time_of(std::size_t frame) const {
    return start + from_seconds(static_cast<double>(frame) / static_cast<double>(rate_hz));
  }
  media_time end() const { return time_of(frames()); }
};

/// 60 dB over full scale: floating-point sound may pass 1, but not like this.
inline constexpr float loudest_sample = 1000;

/// The sound stream that was listened to, and what went wrong with it.
struct sound_facts {
  int stream = 0;    ///< index in the container
  std::string codec; ///< FFmpeg's name, such as "aac"
  std::int64_t errors = 0;
  std::string first_error; ///< in words; empty without errors

  bool operator==(const sound_facts&) const = default;
};

} // namespace timeloom
