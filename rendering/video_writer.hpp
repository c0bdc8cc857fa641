/// Writes pictures with their own times as H.264 in MP4, or as MPEG-4 where FFmpeg has no encoder of H.264, and packets
/// of sound beside them.
///
/// One owner, one thread.
#pragma once

#include "core/error.hpp"
#include "core/media_time.hpp"
#include "core/unique_fd.hpp"
#include "media/sample_shape.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

struct AVPacket;

namespace timeloom {

struct sound_track;

struct video_options {
  picture_size size;                  ///< of its pictures; an odd column or row at the right or lower edge is left out
  std::int64_t ticks_per_s = 0;       ///< of the clock that the times are told in; others are rounded to it
  double rate_hz = 25;                ///< about how many pictures a second, for the encoder's choices
  bool h264 = true;                   ///< false: MPEG-4, whatever there is
  const sound_track* sound = nullptr; ///< whose packets come too, if `check_sound` took it; needed by `open` only
};

class video_writer {
public:
  /// Takes over `fd`, an empty regular file. Fails when the pictures are too small, or nothing can encode them.
  static expected<std::unique_ptr<video_writer>> open(unique_fd fd, const video_options& options);
  ~video_writer();

  /// `pixels` are (height, width, 4) uint8, BGR0. Times go up; one that does not is a tick after the one before.
  expected<void> write(std::span<const std::uint8_t> pixels, media_time shown);

  /// A packet of the sound, which begins `at`. Packets that do not begin after the one before, or that are more than a
  /// minute away from the last picture, are left out. What is wrong with the sound ends the sound only.
  void write_sound(const AVPacket& packet, media_time at);

  /// Why sound that came was left out from some time on; empty while it is not.
  const std::string& sound_problem() const;

  /// Writes what is left; the last picture is shown until `end`. Without it the file is not playable. Once.
  expected<void> finish(media_time end);

private:
  struct parts;
  explicit video_writer(std::unique_ptr<parts> of);
  std::unique_ptr<parts> parts_;
};

/// Whether an MP4 file holds this sound as it is; fails with the reason. FFmpeg since 6.1 also writes PCM into it,
/// which browsers do not play: that is refused.
expected<void> check_sound(const sound_track& track);

/// The encoder that would be used ("libx264"); empty when there is none.
std::string video_encoder();

} // namespace timeloom
