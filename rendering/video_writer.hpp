/// Writes pictures with their own times as H.264 in MP4, or as MPEG-4 where FFmpeg has no encoder of H.264.
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

namespace timeloom {

struct video_options {
  picture_size size;            ///< of its pictures; an odd column or row at the right or lower edge is left out
  std::int64_t ticks_per_s = 0; ///< of the clock that the times are told in; others are rounded to it
  double rate_hz = 25;          ///< about how many pictures a second, for the encoder's choices
};

class video_writer {
public:
  /// Takes over `fd`, an empty regular file. Fails when the pictures are too small, or nothing can encode them.
  static expected<std::unique_ptr<video_writer>> open(unique_fd fd, const video_options& options);
  ~video_writer();

  /// `pixels` are (height, width, 4) uint8, BGR0. Times go up; one that does not is a tick after the one before.
  expected<void> write(std::span<const std::uint8_t> pixels, media_time shown);

  /// Writes what is left; the last picture is shown until `end`. Without it the file is not playable. Once.
  expected<void> finish(media_time end);

private:
  struct parts;
  explicit video_writer(std::unique_ptr<parts> of);
  std::unique_ptr<parts> parts_;
};

/// The encoder that would be used ("libx264"); empty when there is none.
std::string video_encoder();

} // namespace timeloom
