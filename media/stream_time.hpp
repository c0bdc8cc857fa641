/// Times of FFmpeg's streams as media times. Only files of `media/` include this.
#pragma once

#include "core/media_time.hpp"
#include "media/ffmpeg.hpp"

namespace timeloom {

/// No video is longer; times of broken files are kept within it, so that sums of a few of them cannot overflow.
inline constexpr media_time longest{std::chrono::hours{24 * 365 * 30}};

/// `value` ticks of `base`, at most `longest` in size; 0 when `base` is no time base.
media_time to_media_time(std::int64_t value, AVRational base);

/// Whether a frame at `shown` belongs to another recording than those before it, which a container that allows for that
/// was joined from: `latest` is when the last frame began, `ends` when it ended.
bool is_joined(const AVFormatContext& format, media_time shown, media_time latest, media_time ends);

} // namespace timeloom
